internal import Postgres

extension Statement {
    static let insertOnward = Statement(
        "onward_referral.insert",
        """
        insert into referral.onward_referral
          (agency_id, onward_id, referral_id, participant_id, partner_id, version, service, priority, note, status,
           queued_at, queued_by, looks, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $11)
        """
    )

    static let updateOnward = Statement(
        "onward_referral.update",
        """
        update referral.onward_referral
        set version = $3, status = $4, task_id = $5, business_status = $6, reason = $7, sent_at = $8, looked_at = $9,
          looks = $10, taken_back_at = $11, fault = $12, changed_at = $13, told_at = $14
        where agency_id = $1 and onward_id = $2
        """
    )

    static let findOnward = Statement(
        "onward_referral.find",
        """
        select onward_id, referral_id, participant_id, partner_id, version, service, priority, note, status, task_id,
          business_status, reason, queued_at, queued_by, told_at, sent_at, looked_at, looks, taken_back_at, fault, changed_at
        from referral.onward_referral
        where agency_id = $1 and onward_id = $2
        """
    )

    static let lockOnward = Statement(
        "onward_referral.lock",
        """
        select onward_id, referral_id, participant_id, partner_id, version, service, priority, note, status, task_id,
          business_status, reason, queued_at, queued_by, told_at, sent_at, looked_at, looks, taken_back_at, fault, changed_at
        from referral.onward_referral
        where agency_id = $1 and onward_id = $2
        for no key update
        """
    )

    static let listOnwardOfReferral = Statement(
        "onward_referral.list_of_referral",
        """
        select onward_id, referral_id, participant_id, partner_id, version, service, priority, note, status, task_id,
          business_status, reason, queued_at, queued_by, told_at, sent_at, looked_at, looks, taken_back_at, fault, changed_at
        from referral.onward_referral
        where agency_id = $1 and referral_id = $2 and onward_id < $3
        order by onward_id desc
        limit $4
        """
    )

    /// Of the whole agency, those of one status.
    static let listOnward = Statement(
        "onward_referral.list",
        """
        select onward_id, referral_id, participant_id, partner_id, version, service, priority, note, status, task_id,
          business_status, reason, queued_at, queued_by, told_at, sent_at, looked_at, looks, taken_back_at, fault, changed_at
        from referral.onward_referral
        where agency_id = $1 and status = $2 and onward_id < $3
        order by onward_id desc
        limit $4
        """
    )
}
