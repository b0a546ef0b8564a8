internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    /// The plans of one person under all of their ids, the latest first.
    static let listReachPlans = Statement(
        "reach_plan.list",
        """
        select participant_id, version, content, changed_at, changed_by
        from referral.reach_plan
        where agency_id = $1 and participant_id = any($2)
        order by changed_at desc, participant_id desc
        """
    )

    static let saveReachPlan = Statement(
        "reach_plan.save",
        """
        insert into referral.reach_plan (agency_id, participant_id, version, content, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (agency_id, participant_id) do update
        set version = excluded.version, content = excluded.content, changed_at = excluded.changed_at,
          changed_by = excluded.changed_by
        """
    )

    static let dropReachPlan = Statement(
        "reach_plan.drop",
        """
        delete from referral.reach_plan
        where agency_id = $1 and participant_id = $2
        """
    )
}

/// How somebody can be reached, who said so last, and when.
struct StoredReachPlan: Sendable {
    let plan: ReachPlan
    let version: Int
    let changedAt: Instant
    let changedBy: String
}

extension Store {
    /// How a person can be reached: what was written last, under whichever of their ids.
    func reachPlan(of person: StoredPerson, in work: Work) async throws -> StoredReachPlan? {
        let rows = try await work.tx.query(.listReachPlans, work.agencyID, person.ids.all)
        return try rows.first.map { row in
            let participant = try person.participant(try row.column("participant_id"))
            let json = try participant.dataKey.open(try row.column("content", as: [UInt8].self), from: .reachPlan)
            return StoredReachPlan(
                plan: try JSONDecoder().decode(ReachPlan.self, from: Data(json)),
                // Of two plans of one person neither version comes twice.
                version: try rows.map { try $0.column("version", as: Int.self) }.max() ?? 1,
                changedAt: try row.column("changed_at"), changedBy: try row.column("changed_by"))
        }
    }

    /// Writes how a locked person can be reached, instead of what was known before.
    ///
    /// - Parameter version: on which the change is based; nil where there is none yet.
    /// - Throws: ``StoreError`` `stale`; `VaultError` of an erased person.
    func save(
        _ plan: ReachPlan, of person: StoredPerson, after known: StoredReachPlan?, expecting version: Int?,
        by subject: String, in work: Work
    ) async throws -> StoredReachPlan {
        guard !person.isErased else { throw VaultError(.erased) }
        guard known?.version == version else { throw StoreError(.stale) }
        let saved = StoredReachPlan(
            plan: plan, version: (version ?? 0) + 1, changedAt: work.now, changedBy: subject)
        let json = try JSONEncoder().encode(plan)
        work.tx.enqueue(
            .saveReachPlan, work.agencyID, person.ids.remaining, saved.version,
            try person.remaining.dataKey.seal(Array(json), for: .reachPlan), work.now, subject)
        return saved
    }
}
