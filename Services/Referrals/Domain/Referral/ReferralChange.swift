public import Models

extension Referral {
    /// The two sides of a referral.
    public enum Party: String, Codable, CaseIterable, Hashable, Sendable {
        /// The organisation that sent it.
        case requester
        /// The agency that works on it.
        case performer
    }

    /// Who changes a referral: a side, and the token's subject (or the service that sent a message).
    public struct Actor: Hashable, Sendable {
        public let party: Party
        public let subject: String

        public init(_ party: Party, _ subject: String) {
            self.party = party
            self.subject = subject
        }
    }

    /// One change of a referral, as its history keeps it.
    public struct Change: Hashable, Sendable {
        /// The version that the change made.
        public let version: Int
        /// The status before; nil for the first one.
        public let from: ReferralStatus?
        public let to: ReferralStatus
        /// The business status after the change.
        public let business: BusinessStatus
        public let reason: String?
        public let by: Actor
        public let at: Instant

        public init(
            version: Int, from: ReferralStatus?, to: ReferralStatus, business: BusinessStatus, reason: String?,
            by: Actor, at: Instant
        ) {
            self.version = version
            self.from = from
            self.to = to
            self.business = business
            self.reason = reason
            self.by = by
            self.at = at
        }
    }

    /// Why a change was refused.
    public struct Refusal: Error, Hashable, CustomStringConvertible {
        /// What is wrong with the change.
        public enum Code: Hashable, Sendable {
            /// The state machine has no such arrow.
            case illegalTransition(from: ReferralStatus, to: ReferralStatus)
            /// The other side decides this.
            case notForParty(Party, to: ReferralStatus)
            /// The new state needs a text that says why.
            case reasonRequired(ReferralStatus)
            /// Nothing more is done about it.
            case ended(ReferralStatus)
        }

        public let referralID: ReferralID
        public let code: Code

        public init(referralID: ReferralID, code: Code) {
            self.referralID = referralID
            self.code = code
        }

        /// Says what is refused in the words of the code systems; safe to log and to answer with.
        public var description: String {
            switch code {
            case .illegalTransition(let from, let to):
                "a referral that is \(from.rawValue) cannot become \(to.rawValue)"
            case .notForParty(let party, let to):
                "the \(party.rawValue) of a referral does not set it to \(to.rawValue)"
            case .reasonRequired(let status):
                "a reason is required for \(status.rawValue)"
            case .ended(let status):
                "a referral that is \(status.rawValue) is not completed any more"
            }
        }
    }
}
