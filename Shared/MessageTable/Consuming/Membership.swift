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

    /// Renews the lease and returns the slots that are this member's share.
    ///
    /// - Throws: ``PostgresError`` in a cluster that the log is not of (``LogRebase``).
    func renew() async throws -> [Int] {
        let members = try await pool.withTransaction { transaction in
            transaction.enqueue(Self.refuseAbroad)
            transaction.enqueue(Self.expire, group, Self.timeToLive)
            transaction.enqueue(Self.renewal, group, member)
            var members: [UUID] = []
            for row in try await transaction.query(Self.list, group) { members.append(try row.decode(UUID.self)) }
            return members
        }
        return Self.share(of: member, among: members)
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
        "member.list", "select member_id from message_table.member where grp = $1 order by member_id")

    private static let remove = Statement(
        "member.remove", "delete from message_table.member where grp = $1 and member_id = $2")
}
