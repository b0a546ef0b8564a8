internal import Postgres

extension Statement {
    static let insertLinkage = Statement(
        "linkage.insert",
        """
        insert into referral.linkage
          (agency_id, linkage_id, need_id, participant_id, version, service, level, status, entry_id, provider, note,
           sustained_days, offered_at, offered_by, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $12)
        """
    )

    static let updateLinkage = Statement(
        "linkage.update",
        """
        update referral.linkage
        set version = $3, status = $4, refused_by = $5, refusal = $6, started_at = $7, sustained_days = $8,
          changed_at = $9
        where agency_id = $1 and linkage_id = $2
        """
    )

    static let findLinkage = Statement(
        "linkage.find",
        """
        select linkage_id, need_id, participant_id, version, service, level, status, entry_id, provider, note,
          refused_by, refusal, started_at, sustained_days, offered_at, offered_by, changed_at
        from referral.linkage
        where agency_id = $1 and linkage_id = $2
        """
    )

    /// What refers to it may go on being written.
    static let lockLinkage = Statement(
        "linkage.lock",
        """
        select linkage_id, need_id, participant_id, version, service, level, status, entry_id, provider, note,
          refused_by, refusal, started_at, sustained_days, offered_at, offered_by, changed_at
        from referral.linkage
        where agency_id = $1 and linkage_id = $2
        for no key update
        """
    )

    static let listLinkages = Statement(
        "linkage.list",
        """
        select linkage_id, need_id, participant_id, version, service, level, status, entry_id, provider, note,
          refused_by, refusal, started_at, sustained_days, offered_at, offered_by, changed_at
        from referral.linkage
        where agency_id = $1 and participant_id = any($2) and linkage_id < $3
        order by linkage_id desc
        limit $4
        """
    )

    static let insertLinkageChange = Statement(
        "linkage_change.insert",
        """
        insert into referral.linkage_change (agency_id, linkage_id, version, status, detail, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        """
    )

    static let listLinkageChanges = Statement(
        "linkage_change.list",
        """
        select version, status, detail, changed_at, changed_by
        from referral.linkage_change
        where agency_id = $1 and linkage_id = $2
        order by version
        """
    )

    static let insertRide = Statement(
        "linkage_ride.insert",
        """
        insert into referral.linkage_ride
          (agency_id, linkage_id, purpose, mode, pick_up_from, pick_up_until, cost_cents, fund_id, appointment_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    )

    static let listRides = Statement(
        "linkage_ride.list",
        """
        select linkage_id, purpose, mode, pick_up_from, pick_up_until, cost_cents, fund_id, appointment_id
        from referral.linkage_ride
        where agency_id = $1 and linkage_id = any($2)
        """
    )

    static let putLinkageCheck = Statement(
        "linkage_check.put",
        """
        insert into referral.linkage_check
          (agency_id, linkage_id, days, participant_id, due_at, answer, answered_at, answered_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (agency_id, linkage_id, days) do update
        set answer = excluded.answer, answered_at = excluded.answered_at, answered_by = excluded.answered_by
        """
    )

    static let listLinkageChecks = Statement(
        "linkage_check.list",
        """
        select linkage_id, days, due_at, came_due_at, answer, answered_at, answered_by
        from referral.linkage_check
        where agency_id = $1 and linkage_id = any($2)
        order by linkage_id, days
        """
    )

    static let dropLinkageChecks = Statement(
        "linkage_check.drop",
        """
        delete from referral.linkage_check
        where agency_id = $1 and linkage_id = $2 and answer is null
        """
    )

    static let dropLinkageChecksOfParticipant = Statement(
        "linkage_check.drop_of_participant",
        """
        delete from referral.linkage_check
        where agency_id = $1 and answer is null
          and linkage_id in (
            select linkage_id from referral.linkage where agency_id = $1 and participant_id = $2)
        """
    )
}
