public import Models

/// Names a review.
public typealias IdentityReviewID = ID<IdentityReview>

/// What was found about who a newcomer is, and what a person decided: the trace of each time that nobody could simply
/// say "this number is that person".
///
/// It names fields and how far they agree, never what stands in them.
public struct IdentityReview: Hashable, Sendable {
    /// What was found.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// Somebody who was registered may be the same person as another participant.
        case pair
        /// More participants share something with somebody who was registered than were compared.
        case crowd
        /// A referral was joined to a participant without asking.
        case join
        /// A number led to a participant of whom everything else says otherwise: mistyped, or used again. The referral is
        /// with them, because the number is the sender's word; a person is to look at once.
        case contradiction
    }

    /// What a person says.
    public enum Decision: String, Codable, CaseIterable, Hashable, Sendable {
        case same, different
    }

    /// Who decided, when.
    public struct Decided: Hashable, Sendable {
        public let decision: Decision
        public let by: String
        public let at: Instant

        public init(_ decision: Decision, by subject: String, at instant: Instant) {
            (self.decision, by, at) = (decision, subject, instant)
        }
    }

    /// Why a decision is not taken.
    public enum Refusal: Error, Hashable, Sendable {
        /// It was decided otherwise.
        case alreadyDecided(Decision)
        /// Of a crowd nobody in particular is the same.
        case namesNobody
        /// They are merged: only once that is taken back they can be two.
        case areMerged
    }

    public let reviewID: IdentityReviewID
    public let kind: Kind
    /// Who was registered, or was joined to.
    public let participantID: ParticipantID
    /// Who may be the same.
    public let otherID: ParticipantID?
    /// The referral that brought it up.
    public let referralID: ReferralID
    /// ``MatchPolicy/version``.
    public let policyVersion: Int
    /// ``IdentityMatch/score``; nil for a crowd.
    public let score: Int?
    /// `given-name:nickname`, field by field.
    public let agreement: [String]
    public let foundAt: Instant
    public private(set) var decided: Decided?

    public init(
        reviewID: IdentityReviewID, kind: Kind, participantID: ParticipantID, otherID: ParticipantID?,
        referralID: ReferralID, policyVersion: Int, score: Int?, agreement: [String], foundAt: Instant,
        decided: Decided? = nil
    ) {
        self.reviewID = reviewID
        self.kind = kind
        self.participantID = participantID
        self.otherID = otherID
        self.referralID = referralID
        self.policyVersion = policyVersion
        self.score = score
        self.agreement = agreement
        self.foundAt = foundAt
        self.decided = decided
    }

    /// A person decides. The same decision again changes nothing; that a pair is one person after all can be taken back, once
    /// they are not merged any more.
    ///
    /// - Parameter areMerged: whether the two of a pair are merged now.
    /// - Returns: whether it is new.
    public mutating func decide(
        _ decision: Decision, areMerged: Bool = false, by subject: String, at instant: Instant
    ) throws(Refusal) -> Bool {
        if decided?.decision == decision { return false }
        guard kind != .pair || decision == .same || !areMerged else { throw .areMerged }
        if let decided, kind != .pair || decided.decision == .different { throw .alreadyDecided(decided.decision) }
        guard kind != .crowd || decision == .different else { throw .namesNobody }
        decided = Decided(decision, by: subject, at: instant)
        return true
    }
}

extension FieldAgreement: CustomStringConvertible {
    /// `given-name:nickname`
    public var description: String { "\(field.rawValue):\(level.rawValue)" }
}
