internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let markChecksDue = Statement(
        "linkage_check.come_due",
        """
        update referral.linkage_check
        set came_due_at = $3
        where agency_id = $1 and linkage_id = $2 and due_at <= $3 and came_due_at is null and answer is null
        """
    )

    static let nextCheck = Statement(
        "linkage_check.next",
        """
        select min(due_at)
        from referral.linkage_check
        where agency_id = $1 and linkage_id = $2 and came_due_at is null and answer is null
        """
    )

    /// What waits for somebody to ask, in the whole agency.
    static let listDueChecks = Statement(
        "linkage_check.list_due",
        """
        select q.due_at, q.linkage_id, q.days, q.came_due_at, q.participant_id, l.need_id, l.version, l.service,
          l.status, l.started_at, l.sustained_days
        from referral.linkage_check as q
        join referral.linkage as l on l.agency_id = $1 and l.linkage_id = q.linkage_id
        where q.agency_id = $1 and q.came_due_at is not null and q.answer is null
          and (q.due_at, q.linkage_id, q.days) > ($2, $3, $4)
        order by q.due_at, q.linkage_id, q.days
        limit $5
        """
    )

    /// The same of those whom a peer supports now, under whatever id.
    static let listDueChecksOfPeer = Statement(
        "linkage_check.list_due_of_peer",
        """
        select q.due_at, q.linkage_id, q.days, q.came_due_at, q.participant_id, l.need_id, l.version, l.service,
          l.status, l.started_at, l.sustained_days
        from referral.linkage_check as q
        join referral.linkage as l on l.agency_id = $1 and l.linkage_id = q.linkage_id
        where q.agency_id = $1 and q.came_due_at is not null and q.answer is null
          and q.participant_id = any(array(
            select unnest(referral.participant_group($1, e.participant_id))
            from referral.engagement as e
            where e.agency_id = $1 and e.peer_id = $6
              and (e.closed_at is null
                or exists (
                  select
                  from referral.plan as p
                  where p.agency_id = $1 and p.engagement_id = e.engagement_id and p.closed_at is null))))
          and (q.due_at, q.linkage_id, q.days) > ($2, $3, $4)
        order by q.due_at, q.linkage_id, q.days
        limit $5
        """
    )
}

/// Somebody is to be asked whether a linkage holds.
struct DueCheck: Sendable {
    let dueAt: Instant
    let linkageID: LinkageID
    let days: Int
    let cameDueAt: Instant
    let participantID: ParticipantID
    let needID: NeedID
    /// Of the linkage, for the answer.
    let version: Int
    let service: String
    let status: LinkageStatus
    let startedAt: Instant?
    let sustainedDays: Int
}

/// Where a page of the list ended.
struct DuePosition: Sendable {
    var dueAt = Instant(microseconds: 0)
    var linkageID = LinkageID.first
    var days = 0
}

extension Store {
    /// One message waits for each linkage, under its id: for the next day on which somebody is to be asked.
    func saveChecks(of linkage: Linkage, before: Linkage, in work: Work) async throws {
        guard linkage.checks != before.checks else { return }
        if linkage.checks.count < before.checks.count {
            work.tx.enqueue(.dropLinkageChecks, work.agencyID, linkage.linkageID)
        }
        for check in linkage.checks where !before.checks.contains(check) {
            work.tx.enqueue(
                .putLinkageCheck, work.agencyID, linkage.linkageID, check.days, linkage.participantID, check.dueAt,
                check.answer, check.answeredAt, check.answeredBy)
        }
        try setReminder(of: linkage.linkageID, at: linkage.nextCheckAt, in: work)
    }

    private func setReminder(of id: LinkageID, at next: Instant?, in work: Work) throws {
        guard let next else {
            work.tx.unschedule(id: id.rawValue, agency: work.agencyID)
            return
        }
        try work.tx.schedule(
            LinkageCheckDue(linkageID: id, dueAt: next), id: id.rawValue, dueAt: next, agency: work.agencyID,
            headers: work.headers)
    }

    /// A day has come. What has come due stands on the list from now on; heard twice it changes nothing. A message that
    /// came early by this service's clock finds nothing, and is put back.
    func record(_ due: LinkageCheckDue, in work: Work) async throws {
        try await work.tx.execute(.markChecksDue, work.agencyID, due.linkageID, work.now)
        let next = try await work.tx.query(.nextCheck, work.agencyID, due.linkageID).first
        guard let next = try next?.decode(Instant?.self) else { return }
        try setReminder(of: due.linkageID, at: next, in: work)
    }

    /// Whom to ask, those who wait longest first.
    ///
    /// - Parameter peer: only those whom this peer supports; nil for the whole agency.
    func dueChecks(
        of peer: PeerID?, after: DuePosition, atMost limit: Int, in work: Work
    ) async throws -> [DueCheck] {
        let rows =
            if let peer {
                try await work.tx.query(
                    .listDueChecksOfPeer, work.agencyID, after.dueAt, after.linkageID, after.days, limit, peer)
            } else {
                try await work.tx.query(
                    .listDueChecks, work.agencyID, after.dueAt, after.linkageID, after.days, limit)
            }
        return try rows.map { row in
            DueCheck(
                dueAt: try row.column("due_at"), linkageID: try row.column("linkage_id"),
                days: try row.column("days"), cameDueAt: try row.column("came_due_at"),
                participantID: try row.column("participant_id"), needID: try row.column("need_id"),
                version: try row.column("version"), service: try row.column("service"),
                status: try row.column("status"), startedAt: try row.column("started_at"),
                sustainedDays: try row.column("sustained_days"))
        }
    }
}
