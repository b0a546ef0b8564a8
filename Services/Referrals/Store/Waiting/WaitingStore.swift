internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    /// Counts one reminder where the referral still waits for the same as when it was put aside, and only that one: a
    /// message that comes twice counts once.
    static let countReminder = Statement(
        "referral.count_reminder",
        """
        update referral.referral
        set reminders = reminders + 1
        where agency_id = $1 and referral_id = $2 and awaited = $3 and awaited_since = $4 and reminders = $5
        returning priority
        """
    )

    /// What has waited too long, the longest overdue first. A process of an older version may have moved a referral on
    /// without saying what it now waits for: what has ended is never overdue.
    static let listOverdue = Statement(
        "referral.list_overdue",
        """
        select referral_id, awaited, awaited_since, due_at, reminders
        from referral.referral
        where agency_id = $1 and due_at <= $2 and (due_at, referral_id) > ($3, $4)
          and ($5::text is null or awaited = $5)
          and status in ('requested', 'accepted', 'in-progress', 'on-hold')
        order by due_at, referral_id
        limit $6
        """
    )

    static let findAwaited = Statement(
        "referral.find_awaited",
        """
        select awaited, awaited_since
        from referral.referral
        where agency_id = $1 and referral_id = $2 and awaited is not null
        """
    )
}

/// A referral that has waited too long.
struct OverdueReferral: Sendable {
    let stored: StoredReferral
    let awaited: Awaited
    let dueAt: Instant
    let reminders: Int
}

/// Where a page of the overdue begins.
struct OverduePosition: Sendable {
    var dueAt = Instant(microseconds: 0)
    var referralID = ReferralID.first
}

extension Store {
    /// Puts aside the first reminder of what a referral now waits for, in the place of that of what it waited for before.
    func remind(of referral: Referral, before: Awaited?, in work: Work) throws {
        guard referral.awaited != before else { return }
        guard let awaited = referral.awaited else {
            return work.tx.unschedule(id: referral.referralID.rawValue, agency: work.agencyID)
        }
        try putAside(
            ReferralFellDue(
                referralID: referral.referralID, step: awaited.step.rawValue, since: awaited.since, reminder: 0),
            until: times.dueAt(awaited, referral.request.priority), in: work)
    }

    /// A referral has waited too long, or still does: counts it, tells the duty desk, and puts the next reminder aside. What
    /// has moved on since, or was counted before, changes nothing.
    func handle(_ event: ReferralFellDue, in work: Work) async throws {
        // A step of a newer version is for its processes to remind of.
        guard let step = Awaited.Step(rawValue: event.step),
            let row = try await work.tx.query(
                .countReminder, work.agencyID, event.referralID, step, event.since, event.reminder
            ).first
        else { return }
        let reminder = event.reminder + 1
        try await queue(
            OverdueWord(referralID: event.referralID, step: step, since: event.since, reminder: reminder), in: work)
        let priority: Priority = try row.column("priority")
        guard let again = times.remindsAgainAt(step, priority, after: reminder, at: work.now) else { return }
        var next = event
        next.reminder = reminder
        try putAside(next, until: again, in: work)
    }

    /// One page of what has waited too long, one more than the limit where there are more.
    func listOverdue(
        _ step: Awaited.Step?, after position: OverduePosition, limit: Int, in work: Work
    ) async throws -> [OverdueReferral] {
        let rows = try await work.tx.query(
            .listOverdue, work.agencyID, work.now, position.dueAt, position.referralID, step, limit + 1)
        let stored = try await load(try rows.map { try $0.value(0, as: ReferralID.self) }, in: work)
        let byID = Dictionary(uniqueKeysWithValues: stored.map { ($0.referral.referralID, $0) })
        return try rows.compactMap { row in
            let (id, step, since, dueAt, reminders) = try row.decode(
                (ReferralID, Awaited.Step, Instant, Instant, Int).self)
            return byID[id].map {
                OverdueReferral(
                    stored: $0, awaited: Awaited(step, since: since), dueAt: dueAt, reminders: reminders)
            }
        }
    }

    /// What a referral waits for, as it is stored.
    func awaited(_ id: ReferralID, in work: Work) async throws -> Awaited? {
        guard let row = try await work.tx.query(.findAwaited, work.agencyID, id).first else { return nil }
        let (step, since) = try row.decode((Awaited.Step, Instant).self)
        return Awaited(step, since: since)
    }

    private func putAside(_ event: ReferralFellDue, until dueAt: Instant, in work: Work) throws {
        // One for each referral, under its id: setting it again moves it.
        try work.tx.schedule(
            event, id: event.referralID.rawValue, dueAt: dueAt, agency: work.agencyID, headers: work.headers)
    }
}
