internal import Postgres

extension Statement {
    /// Referrals by id, each with the key that opens its texts.
    static let loadReferrals = Statement(
        "referral.load",
        """
        select r.referral_id, r.version, r.participant_id, r.engagement_id, r.partner_id, r.client_id, r.setting,
          r.priority, r.programme, r.languages, r.peer_gender_wish, r.takes_medication, r.callback, r.status,
          r.business_status, r.status_reason, r.cancelled_by_sender, r.closing_reason, r.received_at, r.accepted_at,
          r.closed_at, r.changed_at, r.business_changed_at, r.shown_version, r.shown_status, r.shown_business,
          r.shown_at, p.data_key, r.known_as_id, r.release_on, r.completed_at
        from referral.referral as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.referral_id = any($2)
        order by r.referral_id
        """
    )

    static let participantOfReferral = Statement(
        "referral.participant",
        """
        select participant_id
        from referral.referral
        where agency_id = $1 and referral_id = $2
        """
    )

    /// The referral and all others of its engagement.
    static let referralsOfCase = Statement(
        "referral.of_case",
        """
        select referral_id
        from referral.referral
        where agency_id = $1 and referral_id = $2
        union
        select other.referral_id
        from referral.referral as this
        join referral.referral as other
          on other.agency_id = this.agency_id and other.engagement_id = this.engagement_id
        where this.agency_id = $1 and this.referral_id = $2
        """
    )

    static let referralsOfEngagement = Statement(
        "referral.of_engagement",
        """
        select referral_id
        from referral.referral
        where agency_id = $1 and engagement_id = $2
        """
    )

    static let referralsOfPerson = Statement(
        "referral.of_person",
        """
        select referral_id
        from referral.referral
        where agency_id = $1 and participant_id = any($2)
        order by referral_id
        """
    )

    static let pageOfPerson = Statement(
        "referral.page_of_person",
        """
        select referral_id
        from referral.referral
        where agency_id = $1 and participant_id = any($2) and referral_id < $3
        order by referral_id desc
        limit $4
        """
    )

    /// Open referrals whose contact plan has ended: somebody is to say what became of the need.
    static let listAwaitingClosing = Statement(
        "referral.list_awaiting_closing",
        """
        select r.referral_id
        from referral.referral as r
        where r.agency_id = $1
          and r.status in ('accepted', 'in-progress', 'on-hold')
          and r.referral_id < $2
          and exists (
            select
            from referral.plan as p
            where p.agency_id = r.agency_id and p.engagement_id = r.engagement_id and p.closed_at is not null)
          and not exists (
            select
            from referral.plan as p
            where p.agency_id = r.agency_id and p.engagement_id = r.engagement_id and p.closed_at is null)
        order by r.referral_id desc
        limit $3
        """
    )

    /// What one partner sent, oldest change first, by when it was last shown something new.
    static let listShown = Statement(
        "referral.list_shown",
        """
        select referral_id
        from referral.referral
        where agency_id = $1 and partner_id = $2 and (shown_at, referral_id) > ($3, $4)
        order by shown_at, referral_id
        limit $5
        """
    )

    static let listShownByStatus = Statement(
        "referral.list_shown_by_status",
        """
        select referral_id
        from referral.referral
        where agency_id = $1 and partner_id = $2 and shown_status = any($3) and (shown_at, referral_id) > ($4, $5)
        order by shown_at, referral_id
        limit $6
        """
    )

    static let insertReferral = Statement(
        "referral.insert",
        """
        insert into referral.referral
          (agency_id, referral_id, version, participant_id, engagement_id, partner_id, client_id, setting, priority,
           programme, languages, peer_gender_wish, takes_medication, callback, status, business_status, status_reason,
           cancelled_by_sender, closing_reason, received_at, accepted_at, closed_at, changed_at, business_changed_at,
           shown_version, shown_status, shown_business, shown_at, known_as_id, awaited, awaited_since, due_at, release_on)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
          $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)
        """
    )

    static let updateReferral = Statement(
        "referral.update",
        """
        update referral.referral
        set version = $4, engagement_id = $5, status = $6, business_status = $7, status_reason = $8,
          cancelled_by_sender = $9, closing_reason = $10, accepted_at = $11, closed_at = $12, changed_at = $13,
          business_changed_at = $14, shown_version = $15, shown_status = $16, shown_business = $17, shown_at = $18,
          awaited = $19, awaited_since = $20, due_at = $21,
          reminders = case when awaited = $19 and awaited_since = $20 then reminders else 0 end
        where agency_id = $1 and referral_id = $2 and version = $3
        """
    )

    static let insertTransition = Statement(
        "referral_transition.insert",
        """
        insert into referral.referral_transition
          (agency_id, referral_id, version, from_status, to_status, business_status, reason, party, actor, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """
    )

    static let listTransitions = Statement(
        "referral_transition.list",
        """
        select version, from_status, to_status, business_status, reason, party, actor, at
        from referral.referral_transition
        where agency_id = $1 and referral_id = $2
        order by version
        """
    )

    static let findPlacer = Statement(
        "placer_index.find",
        """
        select stored.referral_id
        from unnest($3::smallint[], $4::text[]) as wanted (key_version, hmac)
        join referral.placer_index as stored
          on stored.agency_id = $1
          and stored.client_id = $2
          and stored.key_version = wanted.key_version
          and stored.hmac = wanted.hmac
        limit 1
        """
    )

    static let insertPlacer = Statement(
        "placer_index.insert",
        """
        insert into referral.placer_index (agency_id, client_id, key_version, hmac, referral_id)
        select $1, $2, new.key_version, new.hmac, $5
        from unnest($3::smallint[], $4::text[]) as new (key_version, hmac)
        order by new.key_version
        """
    )
}
