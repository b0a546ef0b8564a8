internal import Confidentiality
public import Models

/// What the audit trail keeps of a refused request.
public struct Denial: Hashable, Sendable {
    /// Why, from a closed list: it goes into rows and metrics, so it is never free text.
    public enum Reason: String, CaseIterable, Hashable, Sendable {
        case noToken = "no-token"
        case invalidToken = "invalid-token"
        case role
        case scope
        /// No assignment, referral or ownership connects the caller with the person.
        case relationship
        case consent
        /// What is known of consents may be out of date: news of them is late, or could not be handled.
        case consentUnknown = "consent-unknown"
        /// A restriction that the person asked for (45 CFR 164.522).
        case restriction
        /// The resource belongs to another agency or partner, or is not there.
        case hidden
        case rateLimit = "rate-limit"
        /// An account's login, password or code was not right.
        case signIn = "sign-in"
        case agencyNotConfigured = "agency-not-configured"
        /// Of another agency.
        case tenant
        /// A class that does not leave the agency, or only under a consent of its own kind.
        case label
        /// More than the purpose needs.
        case minimumNecessary = "minimum-necessary"
        /// An emergency that is over, or that is not the requester's.
        case emergency

        /// What the decision function said, as the audit trail keeps it.
        init(_ refusal: Refusal) {
            self =
                switch refusal {
                case .agencyNotConfigured: .agencyNotConfigured
                case .tenant: .tenant
                case .role: .role
                case .relationship: .relationship
                case .label: .label
                case .consentUnknown: .consentUnknown
                case .noConsent, .consentPurpose, .consentClass, .consentDeficient, .consentNotYet, .consentExpired,
                    .consentRevoked:
                    .consent
                case .restriction: .restriction
                case .minimumNecessary: .minimumNecessary
                case .emergency: .emergency
                }
        }
    }

    /// Why it was refused.
    public var reason: Reason
    /// The people whom the request was about, as far as is known.
    public var participantIDs: [ParticipantID]
    /// What it was for, as far as it came to that.
    public var purpose: PurposeOfUse?
    /// Whose account an open route was tried with; nil where the request's own token says who asked, or nobody knows.
    public var principal: Principal?

    public init(_ reason: Reason, participantIDs: [ParticipantID] = [], purpose: PurposeOfUse? = nil) {
        self.reason = reason
        self.participantIDs = participantIDs
        self.purpose = purpose
    }
}
