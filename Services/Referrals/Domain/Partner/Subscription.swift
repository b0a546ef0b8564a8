public import Models

/// What a partner's client wants to hear of. A pure state machine: it begins as `requested`, one handshake makes it
/// `active` or an `error`, and nobody but a client brings it back, by asking for it anew. Where its client is disabled, it
/// is `off`.
public struct Subscription: Hashable, Sendable {
    /// How it stands; the codes of R4.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable { case requested, active, error, off }

    /// What it is about.
    public enum Topic: String, Codable, CaseIterable, Hashable, Sendable {
        case task
        case serviceRequest = "service-request"
    }

    public let subscriptionID: SubscriptionID
    public let partnerID: PartnerID
    public let createdAt: Instant
    /// Who asked for it last.
    public internal(set) var clientID: String
    public internal(set) var topic: Topic
    public internal(set) var heartbeatSeconds: Int?
    public internal(set) var endsAt: Instant?
    /// How often it was asked for: what was queued for an earlier time goes nowhere.
    public internal(set) var run: Int
    public internal(set) var version: Int
    public internal(set) var status: Status
    /// How many events were numbered.
    public internal(set) var events: Int64
    public internal(set) var error: String?
    /// When something last went out.
    public internal(set) var toldAt: Instant
    public internal(set) var changedAt: Instant

    public init(
        subscriptionID: SubscriptionID, partnerID: PartnerID, clientID: String, topic: Topic, heartbeatSeconds: Int?,
        endsAt: Instant?, at now: Instant
    ) {
        self.init(
            subscriptionID: subscriptionID, partnerID: partnerID, clientID: clientID, topic: topic,
            heartbeatSeconds: heartbeatSeconds, endsAt: endsAt, createdAt: now, run: 1, version: 1, status: .requested,
            events: 0, error: nil, toldAt: now, changedAt: now)
    }

    /// As it was stored.
    public init(
        subscriptionID: SubscriptionID, partnerID: PartnerID, clientID: String, topic: Topic, heartbeatSeconds: Int?,
        endsAt: Instant?, createdAt: Instant, run: Int, version: Int, status: Status, events: Int64, error: String?,
        toldAt: Instant,
        changedAt: Instant
    ) {
        (self.subscriptionID, self.partnerID, self.clientID) = (subscriptionID, partnerID, clientID)
        (self.topic, self.run) = (topic, run)
        (self.heartbeatSeconds, self.endsAt, self.createdAt) = (heartbeatSeconds, endsAt, createdAt)
        (self.version, self.status, self.events, self.error) = (version, status, events, error)
        (self.toldAt, self.changedAt) = (toldAt, changedAt)
    }

    /// The endpoint has answered the handshake.
    public mutating func opened(at now: Instant) {
        guard status == .requested else { return }
        move(to: .active, at: now)
        toldAt = now
    }

    /// Something went out and was taken.
    public mutating func told(at now: Instant) { toldAt = max(toldAt, now) }

    /// The endpoint was given up.
    public mutating func failed(because reason: String, at now: Instant) {
        guard status == .requested || status == .active else { return }
        move(to: .error, at: now)
        error = reason
    }

    /// A client asks for it anew, perhaps for something else: the endpoint is asked again before it hears of anything.
    public mutating func asked(
        by clientID: String, topic: Topic, heartbeatSeconds: Int?, endsAt: Instant?, at now: Instant
    ) {
        (self.clientID, self.topic) = (clientID, topic)
        (self.heartbeatSeconds, self.endsAt) = (heartbeatSeconds, endsAt)
        move(to: .requested, at: now)
        (run, error, toldAt) = (run + 1, nil, now)
    }

    /// A client wants to hear no more, for now.
    public mutating func turnedOff(at now: Instant) {
        guard status != .off else { return }
        move(to: .off, at: now)
        error = nil
    }

    /// Its client hears no more.
    public mutating func stopped(because reason: String, at now: Instant) {
        guard status != .off else { return }
        move(to: .off, at: now)
        error = reason
    }

    /// Its end has come.
    public mutating func expired(at now: Instant) {
        guard status == .requested || status == .active, let endsAt, endsAt <= now else { return }
        move(to: .off, at: now)
    }

    /// The number of an event that is told for the first time.
    public mutating func nextEvent() -> Int64 {
        events += 1
        return events
    }

    /// When a sign of life is due; nil where none is wanted.
    public var heartbeatDueAt: Instant? {
        guard status == .active, let heartbeatSeconds else { return nil }
        return toldAt + .seconds(heartbeatSeconds)
    }

    private mutating func move(to next: Status, at now: Instant) {
        status = next
        version += 1
        changedAt = max(changedAt, now)
    }
}
