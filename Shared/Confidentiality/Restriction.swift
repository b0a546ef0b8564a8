public import Models

/// What a participant asked not to be done, and the agency agreed to (42 CFR 2.26, 45 CFR 164.522(a)).
public struct Restriction: Hashable, Sendable {
    /// Against whom.
    public enum Recipient: Hashable, Sendable {
        case everybodyOutside
        case organisation(PartnerID)
        /// Every organisation of a kind: health plans, for what was paid in full by the participant or somebody else,
        /// which must be agreed to (45 CFR 164.522(a)(1)(vi)).
        case kind(Organisation.Kind)
        /// One of the agency's own people: a neighbour, a relative.
        case person(String)
    }

    public var restrictionID: RestrictionID
    public var recipient: Recipient
    /// What must not be told; empty for everything.
    public var classes: Set<DataClass>
    /// For what it must not be told; empty for every purpose.
    public var purposes: Set<PurposeOfUse>

    public init(
        restrictionID: RestrictionID, recipient: Recipient, classes: Set<DataClass> = [],
        purposes: Set<PurposeOfUse> = []
    ) {
        self.restrictionID = restrictionID
        self.recipient = recipient
        self.classes = classes
        self.purposes = purposes
    }

    /// The classes that it withholds of these.
    func withheld(of asked: Set<DataClass>, from requester: Requester, for purpose: PurposeOfUse) -> Set<DataClass> {
        guard isAgainst(requester), purposes.isEmpty || purposes.contains(purpose) else { return [] }
        return classes.isEmpty ? asked : asked.intersection(classes)
    }

    private func isAgainst(_ requester: Requester) -> Bool {
        switch recipient {
        case .everybodyOutside: requester.isOutside
        case .organisation(let id): requester.organisation?.partnerID == id
        case .kind(let kind): requester.organisation?.kind == kind
        case .person(let subject): !requester.isOutside && requester.subject == subject
        }
    }
}
