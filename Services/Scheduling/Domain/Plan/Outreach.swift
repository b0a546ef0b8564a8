public import Models

/// Assertive outreach after a missed contact: attempts by several channels over several days, then locating.
///
/// It ends when the person is reached, whatever became of the missed contact.
public struct Outreach: Hashable, Sendable {
    /// The planned contact that was missed first.
    public let sequence: Int
    public let openedAt: Instant
    /// When enough attempts turn into locating.
    public let dueAt: Instant
    public internal(set) var status: Status
    public internal(set) var attempts: Int
    /// The modes that were tried.
    public internal(set) var channels: Set<ContactMode>
    public internal(set) var endedAt: Instant?

    /// Where an outreach stands.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case attempting
        /// The attempts are exhausted: contact persons are asked, as far as consent allows.
        case locating
        case reached
        /// The plan closed.
        case stopped

        public var isLive: Bool { self == .attempting || self == .locating }
    }

    public init(
        sequence: Int, openedAt: Instant, dueAt: Instant, status: Status = .attempting, attempts: Int = 0,
        channels: Set<ContactMode> = [], endedAt: Instant? = nil
    ) {
        self.sequence = sequence
        self.openedAt = openedAt
        self.dueAt = dueAt
        self.status = status
        self.attempts = attempts
        self.channels = channels
        self.endedAt = endedAt
    }

    /// Counts an attempt that reached nobody.
    mutating func attempted(by mode: ContactMode, at now: Instant, model: ProgrammeModel.OutreachModel) -> Bool {
        guard status.isLive else { return false }
        attempts += 1
        channels.insert(mode)
        return considerLocating(at: now, model: model)
    }

    /// Goes over to locating once the days have passed and the attempts are enough; says whether it did just now.
    mutating func considerLocating(at now: Instant, model: ProgrammeModel.OutreachModel) -> Bool {
        guard status == .attempting, now >= dueAt, attempts >= model.attempts, channels.count >= model.channels
        else { return false }
        status = .locating
        return true
    }

    mutating func end(_ status: Status, at now: Instant) {
        guard self.status.isLive else { return }
        self.status = status
        endedAt = now
    }
}
