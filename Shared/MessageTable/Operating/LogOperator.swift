internal import FoundationEssentials
public import Models
public import Postgres

/// What an operator sees of the message table and may do to it, as a worker login. Payloads are never shown.
public struct LogOperator: Sendable {
    let pool: Pool

    public init(_ pool: Pool) {
        self.pool = pool
    }

    /// One parked message.
    public struct Parked: Hashable, Sendable {
        public let agencyID: AgencyID
        public let group: String
        public let topic: String
        public let key: String
        public let id: Int64
        public let attempt: Int
        public let nextAt: Instant
        public let isDead: Bool
        /// The error's kind, never what a message says.
        public let error: String
    }

    public enum Verb: String, CaseIterable, Sendable {
        /// Try again now, also when it is dead.
        case retry
        /// Never handle this message; those behind it go on.
        case skip
        /// Never handle it or those of its key that wait behind it.
        case drop
    }

    /// The first parked messages, in the order of their ids.
    public func parked(onlyDead: Bool, limit: Int) async throws -> [Parked] {
        try await pool.query(Self.readParked, onlyDead, limit).map { row in
            let (agency, group, topic, key, id, attempt, nextAt, isDead, error) = try row.decode(
                (AgencyID, String, String, String, Int64, Int, Instant, Bool, String).self)
            return Parked(
                agencyID: agency, group: group, topic: topic, key: key, id: id, attempt: attempt, nextAt: nextAt,
                isDead: isDead, error: error)
        }
    }

    /// Changes parked rows and records who did it; returns how many messages it concerned.
    ///
    /// - Throws: ``CannotBeSkipped`` where it would give up what binds the agency; see ``BindingNews``.
    public func intervene(_ verb: Verb, group: String, id: Int64, by account: String) async throws -> Int {
        try await pool.withTransaction { transaction in
            guard let row = try await transaction.query(Self.lockParked, group, id).first else { return 0 }
            let (agency, key, topic) = try row.decode((AgencyID, String, String?).self)
            if verb != .retry, let topic, BindingNews.topics.contains(topic) { throw CannotBeSkipped(topic: topic) }
            transaction.enqueue(Self.record, agency, account, verb.rawValue, group, key, id)
            switch verb {
            case .retry: return try await transaction.execute(Self.retryOne, agency, group, key, id)
            case .skip: return try await transaction.execute(Self.removeOne, agency, group, key, id)
            case .drop: return try await transaction.execute(Self.removeKey, agency, group, key)
            }
        }
    }

    /// Forgets a group that has left for good, so that the log need not be kept for it: its checkpoints and what it has
    /// parked, which is recorded as dropped. Should it come back, it begins anew at the log's old end.
    ///
    /// - Returns: how many parked messages were given up; nil when there is no such group.
    /// - Throws: ``GroupIsActive`` while a process works for it.
    public func forget(group: String, by account: String) async throws -> Int? {
        try await pool.withTransaction { transaction in
            let (isKnown, isActive) = try await transaction.query(Self.look, group, Membership.timeToLive)[0]
                .decode((Bool, Bool).self)
            guard isKnown else { return nil }
            guard !isActive else { throw GroupIsActive(group: group) }
            transaction.enqueue(Self.recordAll, group, account)
            let parked = try await transaction.execute(Self.removeAllParked, group)
            try await transaction.execute(Self.removeCheckpoints, group)
            return parked
        }
    }

    /// A group cannot be forgotten while it works.
    public struct GroupIsActive: Error, Hashable, CustomStringConvertible {
        public let group: String
        public var description: String { "\(group) is active: stop its processes first" }
    }

    /// What a participant decided is never given up: until it is handled, nobody outside is told of them.
    public struct CannotBeSkipped: Error, Hashable, CustomStringConvertible {
        public let topic: String
        public var description: String {
            "\(topic) cannot be skipped or dropped: it says what binds the agency. Retry it, with a version that reads it"
        }
    }

    private static let readParked = Statement(
        "operator.parked",
        """
        select p.agency_id, p.grp, coalesce(m.topic, '(gone)'), p.key, p.id, p.attempt, p.next_at, p.dead, p.error
        from message_table.parked p
        left join message_table.message m on m.occurred_at = p.occurred_at and m.id = p.id
        where p.dead or not $1
        order by p.id, p.grp
        limit $2
        """)

    private static let lockParked = Statement(
        "operator.lock_parked",
        """
        select p.agency_id, p.key, (
            select m.topic
            from message_table.message m
            where m.occurred_at = p.occurred_at and m.id = p.id
        )
        from message_table.parked p
        where p.grp = $1 and p.id = $2
        for update
        """)

    private static let retryOne = Statement(
        "operator.retry",
        """
        update message_table.parked
        set dead = false, attempt = 0, next_at = clock_timestamp()
        where agency_id = $1 and grp = $2 and key = $3 and id = $4
        """)

    private static let removeOne = Statement(
        "operator.skip",
        "delete from message_table.parked where agency_id = $1 and grp = $2 and key = $3 and id = $4")

    private static let removeKey = Statement(
        "operator.drop", "delete from message_table.parked where agency_id = $1 and grp = $2 and key = $3")

    private static let look = Statement(
        "operator.look",
        """
        select exists (select from message_table.checkpoint where grp = $1),
            exists (
                select from message_table.member
                where grp = $1 and renewed_at >= clock_timestamp() - make_interval(secs => $2))
        """)

    private static let recordAll = Statement(
        "operator.record_all",
        """
        insert into message_table.intervention (agency_id, operator, verb, grp, key, id)
        select agency_id, $2, 'drop', grp, key, id
        from message_table.parked
        where grp = $1
        """)

    private static let removeAllParked = Statement(
        "operator.remove_all_parked", "delete from message_table.parked where grp = $1")

    private static let removeCheckpoints = Statement(
        "operator.remove_checkpoints", "delete from message_table.checkpoint where grp = $1")

    private static let record = Statement(
        "operator.record",
        """
        insert into message_table.intervention (agency_id, operator, verb, grp, key, id)
        values ($1, $2, $3, $4, $5, $6)
        """)
}
