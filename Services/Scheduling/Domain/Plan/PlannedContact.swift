public import Models

/// A contact that a plan wants, with the window in which it is in time.
public struct PlannedContact: Hashable, Sendable {
    /// The number in its plan, from 1; it never changes and is never used again.
    public let sequence: Int
    public let phase: PhaseCode
    public let purpose: ContactPurpose
    /// The wanted day, by the plan's calendar.
    public let dueOn: CivilDate
    public let window: TimeSpan
    public internal(set) var status: Status
    /// The contact that met it.
    public internal(set) var metBy: ContactID?

    /// Where a planned contact stands. Only `planned` and `missed` are still owed.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case planned
        case met
        /// Met after its window had passed.
        case metLate = "met-late"
        case missed
        /// No longer wanted: the plan closed, or a supervisor moved its phase.
        case withdrawn

        public var isOwed: Bool { self == .planned || self == .missed }
    }

    public init(
        sequence: Int, phase: PhaseCode, purpose: ContactPurpose, dueOn: CivilDate, window: TimeSpan,
        status: Status = .planned, metBy: ContactID? = nil
    ) {
        self.sequence = sequence
        self.phase = phase
        self.purpose = purpose
        self.dueOn = dueOn
        self.window = window
        self.status = status
        self.metBy = metBy
    }
}
