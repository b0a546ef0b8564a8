public import Confidentiality
public import Models

/// One allowed access or change, for the append-only audit table (FACTS §8.6: who, on behalf of whom, which people,
/// which classes, why, under which consent and rule).
///
/// It is made of the permit under which it happened: without a decision there is no row, and without a row no commit.
public struct AuditRecord: Sendable {
    /// What was done.
    public enum Action: String, CaseIterable, Hashable, Sendable {
        case read, search, create, update, delete, disclose, export
    }

    /// What was done.
    public var action: Action
    /// The people whom it is about. Empty where it is about none, or about more than can be listed.
    public var participantIDs: [ParticipantID]
    /// What was told.
    public var dataClasses: Set<DataClass>
    /// What it was for.
    public var purpose: PurposeOfUse
    /// The consent that allowed it, where one was needed.
    public var consentID: ConsentID?
    /// The version of the rules that decided.
    public var ruleVersion: String
    /// Whether an emergency stood in the place of a relationship or a consent.
    public var breakGlass: Bool
    /// The organisation on whose behalf it was asked, where not the agency itself.
    public var onBehalfOf: PartnerID?

    /// What happened to one person, or to none. What leaves the programme is a disclosure, whatever was asked for.
    public init(
        _ action: Action, under permit: Permit, participantIDs: [ParticipantID] = [], onBehalfOf: PartnerID? = nil
    ) {
        self.action = permit.isDisclosure && [.read, .search].contains(action) ? .disclose : action
        self.participantIDs = participantIDs
        dataClasses = permit.classes
        purpose = permit.purpose
        consentID = permit.consentID
        ruleVersion = permit.ruleVersion
        breakGlass = permit.emergencyID != nil
        self.onBehalfOf = onBehalfOf
    }

    /// The row of a request that repeats one: it changes nothing and tells the same again.
    var repeated: AuditRecord {
        var record = self
        record.action = .read
        return record
    }

    /// What a list told: of whom, and all classes of any of them.
    ///
    /// - Parameter permit: under which it was searched; it counts where nobody was found.
    public init(
        listing permits: [ParticipantID: Permit], under permit: Permit? = nil, onBehalfOf: PartnerID? = nil
    ) {
        let all = Array(permits.values)
        action = all.contains(where: \.isDisclosure) ? .disclose : .search
        participantIDs = permits.keys.sorted()
        dataClasses = all.reduce(into: []) { $0.formUnion($1.classes) }
        purpose = all.first?.purpose ?? permit?.purpose ?? .treatment
        // Which consent is whose is in the accounting of disclosures; the row has room for one.
        let consents = Set(all.compactMap(\.consentID))
        consentID = consents.count == 1 ? consents.first : nil
        ruleVersion = all.first?.ruleVersion ?? permit?.ruleVersion ?? ""
        breakGlass = all.contains { $0.emergencyID != nil }
        self.onBehalfOf = onBehalfOf
    }
}
