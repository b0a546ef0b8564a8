public import Models

/// A stretch of time in which a peer is on call on a line.
///
/// Invariants, held by PostgreSQL: a peer has no two shifts at once, and a line has nobody twice in the same place.
public struct Shift: Hashable, Sendable {
    public let id: ID<Shift>
    public let peerID: PeerID
    /// The on-call line, such as `emergency`.
    public let line: String
    /// 1 is asked first.
    public let callOrder: Int
    public let startsAt: Instant
    /// The first instant that is no longer in the shift.
    public let endsAt: Instant

    public init(id: ID<Shift>, peerID: PeerID, line: String, callOrder: Int, startsAt: Instant, endsAt: Instant) {
        self.id = id
        self.peerID = peerID
        self.line = line
        self.callOrder = callOrder
        self.startsAt = startsAt
        self.endsAt = endsAt
    }

    /// The longest shift: a day and a night.
    public static let longest = Duration.seconds(24 * 3600)

    /// What keeps this shift from being stored; empty when fine.
    public func faults() -> [FieldFault] {
        var faults: [FieldFault] = []
        if let fault = FieldFault.unlessCode(line, at: "/line") { faults.append(fault) }
        if !(1...20).contains(callOrder) { faults.append(FieldFault("/callOrder", "is from 1 to 20")) }
        if endsAt <= startsAt {
            faults.append(FieldFault("/endsAt", "is after startsAt"))
        } else if endsAt - startsAt > Self.longest {
            faults.append(FieldFault("/endsAt", "is at most 24 hours after startsAt"))
        }
        return faults
    }

    /// Whether the peer rests long enough between this shift and another of theirs (FACTS §6.5: 10 hours).
    public func leavesRest(after other: Shift, _ rules: Policy.RotaRules) -> Bool {
        let rest = Duration.seconds(rules.restHours * 3600)
        return other.endsAt + rest <= startsAt || endsAt + rest <= other.startsAt
    }
}
