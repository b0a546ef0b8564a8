public import Models

/// The answer of the decision function.
public enum Decision: Hashable, Sendable {
    /// It may be told what the permit says, and no more.
    case allowed(Permit)
    /// It may be told nothing, and not why.
    case refused(Refusal)

    /// What remains; nil where it is refused.
    public var permit: Permit? {
        if case .allowed(let permit) = self { permit } else { nil }
    }

    /// Why not; nil where it is allowed.
    public var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

/// What may be told: the fields that remain, and on what they rest. Made by ``AccessRules/decide(_:)`` and by nothing
/// else, so that whoever holds one has asked.
public struct Permit: Hashable, Sendable {
    /// The classes that remain. Empty where nothing about a person is told, or only what the sender sent itself.
    public let classes: Set<DataClass>
    /// The fields that remain of the class `identity`.
    public let identityFields: Set<IdentityField>
    public let purpose: PurposeOfUse
    /// The consent that it rests on; nil where none is needed, or an emergency stands in its place.
    public let consentID: ConsentID?
    /// Whether it goes to somebody outside the programme: then it is accounted for, and the notice goes with it.
    public let isDisclosure: Bool
    public let emergencyID: EmergencyID?
    /// The version of the rules that decided.
    public let ruleVersion: String
    /// Why each class that was asked for is not there: for the audit trail, never for the requester.
    public let withheld: [DataClass: Refusal]

    /// Whether this class may be told.
    public func allows(_ dataClass: DataClass) -> Bool { classes.contains(dataClass) }

    /// Whether this field of the identity may be told.
    public func allows(_ field: IdentityField) -> Bool { allows(.identity) && identityFields.contains(field) }
}

/// The fields of the class `identity`.
public enum IdentityField: String, Codable, CaseIterable, Hashable, Sendable {
    case name
    case birthDate = "birth-date"
    case phone, address, identifiers, gender
}

/// Why something is not told, from a closed list: it goes into audit rows and metrics, never into an answer.
public enum Refusal: String, Codable, CaseIterable, Hashable, Sendable {
    /// Nobody has said which laws bind the agency.
    case agencyNotConfigured = "agency-not-configured"
    /// The requester or the participant belongs to another agency.
    case tenant
    /// The role never sees it, or not for this purpose.
    case role
    /// Nothing connects the requester with the participant.
    case relationship
    /// A class that goes to nobody outside, or only with a consent of its own kind.
    case label
    /// What is known of consents may be out of date.
    case consentUnknown = "consent-unknown"
    /// No consent names the requester.
    case noConsent = "no-consent"
    case consentPurpose = "consent-purpose"
    case consentClass = "consent-class"
    case consentDeficient = "consent-deficient"
    case consentNotYet = "consent-not-yet"
    case consentExpired = "consent-expired"
    case consentRevoked = "consent-revoked"
    /// The participant asked that it be not told, and the agency agreed.
    case restriction
    /// More than the purpose needs.
    case minimumNecessary = "minimum-necessary"
    /// The emergency is over, or the requester is no medical personnel.
    case emergency
}
