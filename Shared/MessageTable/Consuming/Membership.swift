internal import FoundationEssentials
internal import Postgres

/// Which of the 16 slots this process works on, by the members that have renewed their lease lately.
///
/// It only saves work: two processes that both believe to own a slot are told apart by the checkpoint's key.
struct Membership: Sendable {
    static let slotCount = 16
    /// Without renewal for so long, a member's slots go to the others. Seconds.
    static let timeToLive = 10.0
    static let renewEvery: Duration = .seconds(2)

    let group: String
    let member: UUID
    let pool: Pool

    /// What a renewed lease is worth.
    struct Share: Hashable, Sendable {
        let slots: [Int]
        /// When to renew again.
        let renewIn: Duration
    }

    /// Renews the lease and returns the slots that are this member's share.
    ///
    /// - Throws: ``PostgresError`` in a cluster that the log is not of (``LogRebase``).
    func renew() async throws -> Share {
        let members = try await pool.withTransaction { transaction in
            transaction.enqueue(Self.refuseAbroad)
            transaction.enqueue(Self.expire, group, Self.timeToLive)
            transaction.enqueue(Self.renewal, group, member)
            return try await transaction.query(Self.list, group).map { try $0.decode((UUID, Double).self) }
        }
        return Share(
            slots: Self.share(of: member, among: members.map(\.0)),
            renewIn: Self.pause(ages: members.filter { $0.0 != member }.map(\.1)))
    }

    /// When to renew next: as soon as the lease of a member that renews no more has ended, so that its slots do not wait
    /// for the next turn; else every two seconds.
    ///
    /// - Parameter ages: since the other members renewed theirs, in seconds.
    static func pause(ages: [Double]) -> Duration {
        guard let oldest = ages.max() else { return renewEvery }
        // A moment later than its end, and never at once again: PostgreSQL's clock decides.
        return min(renewEvery, .seconds(max(0, timeToLive - oldest)) + .milliseconds(50))
    }

    /// Gives the slots up at once, so that nobody has to wait for the lease to end.
    func leave() async throws {
        _ = try await pool.query(Self.remove, group, member)
    }

    /// The slots of one member: dealt out in turn, in the order of the ids.
    static func share(of member: UUID, among members: [UUID]) -> [Int] {
        guard let rank = members.firstIndex(of: member) else { return [] }
        return (0..<slotCount).filter { $0 % members.count == rank }
    }

    private static let refuseAbroad = Statement("log.refuse_abroad", "select message_table.refuse_abroad()::text")

    private static let expire = Statement(
        "member.expire",
        """
        delete from message_table.member
        where grp = $1 and renewed_at < clock_timestamp() - make_interval(secs => $2)
        """)

    private static let renewal = Statement(
        "member.renew",
        """
        insert into message_table.member (grp, member_id, renewed_at)
        values ($1, $2, clock_timestamp())
        on conflict (grp, member_id) do update set renewed_at = excluded.renewed_at
        """)

    private static let list = Statement(
        "member.list",
        """
        select member_id, extract(epoch from clock_timestamp() - renewed_at)::float8
        from message_table.member
        where grp = $1
        order by member_id
        """)

    private static let remove = Statement(
        "member.remove", "delete from message_table.member where grp = $1 and member_id = $2")
}
