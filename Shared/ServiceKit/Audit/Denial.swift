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
        /// A restriction that the person asked for (45 CFR 164.522).
        case restriction
        /// The resource belongs to another agency or partner, or is not there.
        case hidden
        case rateLimit = "rate-limit"
        /// An account's login, password or code was not right.
        case signIn = "sign-in"
    }

    /// Why it was refused.
    public var reason: Reason
    /// The people whom the request was about, as far as is known.
    public var participantIDs: [ParticipantID]
    /// What the caller said that it was for.
    public var purpose: PurposeOfUse
    /// Whose account an open route was tried with; nil where the request's own token says who asked, or nobody knows.
    public var principal: Principal?

    public init(_ reason: Reason, participantIDs: [ParticipantID] = [], purpose: PurposeOfUse = .treatment) {
        self.reason = reason
        self.participantIDs = participantIDs
        self.purpose = purpose
    }
}
