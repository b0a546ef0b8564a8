public import Models

/// When somebody is sent at once, who is asked in turn, and by when they answer and arrive (FACTS §5.3).
public struct DispatchRules: Codable, Hashable, Sendable {
    /// The on-call line whose shifts are asked.
    public var line: String
    public var settings: [Setting]
    public var priorities: [Priority]
    /// Asked one after the other; each waits for its minutes before the next, the last for ever.
    public var rounds: [Round]
    /// From the dispatch to the bedside.
    public var arriveMinutes: Int
    public var fallback: Fallback

    /// One round of asking.
    public struct Round: Codable, Hashable, Sendable {
        public var offerTo: Audience
        /// Nil: there is no next round.
        public var waitMinutes: Int?

        public init(offerTo: Audience, waitMinutes: Int? = nil) {
            self.offerTo = offerTo
            self.waitMinutes = waitMinutes
        }
    }

    /// Whom a round asks.
    public enum Audience: String, Codable, Hashable, Sendable {
        /// The next peer on call who was not yet asked.
        case onCall = "on-call"
        /// The supervisors, who choose a peer by hand.
        case supervisor
    }

    /// How the bedside is reached when nobody arrived in time.
    public enum Fallback: String, Codable, Hashable, Sendable {
        case phone, video
    }
}
