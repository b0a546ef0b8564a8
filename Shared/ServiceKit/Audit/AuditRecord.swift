public import Models

/// One allowed access or change, for the append-only audit table (FACTS §8.6: who, on behalf of whom, which people,
/// which classes, why, under which consent and rule).
public struct AuditRecord: Sendable {
    /// What was done.
    public enum Action: String, CaseIterable, Hashable, Sendable {
        case read, search, create, update, delete, disclose, export
    }

    /// What was done.
    public var action: Action
    /// The people whom it is about. Empty where it is about none, or about more than can be listed.
    public var participantIDs: [ParticipantID]
    /// What was disclosed; nil takes what the route declares.
    public var dataClasses: Set<DataClass>?
    /// What it was for.
    public var purpose: PurposeOfUse
    /// The consent that allowed it, where one was needed.
    public var consentID: ConsentID?
    /// The version of the rules that decided.
    public var ruleVersion: String
    /// Whether an emergency overrode a missing relationship or consent.
    public var breakGlass: Bool
    /// The organisation on whose behalf it was asked, where not the agency itself.
    public var onBehalfOf: PartnerID?

    public init(
        _ action: Action,
        participantIDs: [ParticipantID] = [],
        dataClasses: Set<DataClass>? = nil,
        purpose: PurposeOfUse = .treatment,
        consentID: ConsentID? = nil,
        ruleVersion: String = "1",
        breakGlass: Bool = false,
        onBehalfOf: PartnerID? = nil
    ) {
        self.action = action
        self.participantIDs = participantIDs
        self.dataClasses = dataClasses
        self.purpose = purpose
        self.consentID = consentID
        self.ruleVersion = ruleVersion
        self.breakGlass = breakGlass
        self.onBehalfOf = onBehalfOf
    }
}
