internal import Postgres

extension Statement {
    static let insertSpending = Statement(
        "spending.insert",
        """
        insert into referral.spending
          (agency_id, spending_id, fund_id, participant_id, linkage_id, version, kind, form, amount_cents, status,
           has_receipt, reserved_at, reserved_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
    )

    static let updateSpending = Statement(
        "spending.update",
        """
        update referral.spending
        set version = $3, amount_cents = $4, status = $5, has_receipt = $6, settled_at = $7, settled_by = $8
        where agency_id = $1 and spending_id = $2
        """
    )

    static let findSpending = Statement(
        "spending.find",
        """
        select spending_id, fund_id, participant_id, linkage_id, version, kind, form, amount_cents, status, has_receipt,
          reserved_at, reserved_by, settled_at, settled_by
        from referral.spending
        where agency_id = $1 and spending_id = $2
        """
    )

    static let lockSpending = Statement(
        "spending.lock",
        """
        select spending_id, fund_id, participant_id, linkage_id, version, kind, form, amount_cents, status, has_receipt,
          reserved_at, reserved_by, settled_at, settled_by
        from referral.spending
        where agency_id = $1 and spending_id = $2
        for update
        """
    )

    /// What is reserved for a linkage, each locked, in the order of their ids.
    static let lockReservedOf = Statement(
        "spending.lock_reserved_of_linkage",
        """
        select spending_id, fund_id, participant_id, linkage_id, version, kind, form, amount_cents, status, has_receipt,
          reserved_at, reserved_by, settled_at, settled_by
        from referral.spending
        where agency_id = $1 and linkage_id = $2 and status = 'reserved'
        order by spending_id
        for update
        """
    )

    static let listSpendings = Statement(
        "spending.list",
        """
        select spending_id, fund_id, participant_id, linkage_id, version, kind, form, amount_cents, status, has_receipt,
          reserved_at, reserved_by, settled_at, settled_by
        from referral.spending
        where agency_id = $1 and participant_id = any($2) and spending_id < $3
        order by spending_id desc
        limit $4
        """
    )

    /// What it was for, and not for whom.
    static let listSpendingsOfFund = Statement(
        "spending.list_of_fund",
        """
        select spending_id, version, kind, form, amount_cents, status, has_receipt, reserved_at, settled_at
        from referral.spending
        where agency_id = $1 and fund_id = $2 and spending_id < $3
        order by spending_id desc
        limit $4
        """
    )

    static let commitFund = Statement(
        "fund.commit",
        """
        update referral.fund
        set committed_cents = committed_cents + $3
        where agency_id = $1 and fund_id = $2
        """
    )

    static let commitFundKind = Statement(
        "fund_kind.commit",
        """
        update referral.fund_kind
        set committed_cents = committed_cents + $4
        where agency_id = $1 and fund_id = $2 and kind = $3
        """
    )

    /// Beside what the participant has, what the person has under their other ids ($7).
    static let commitFundPerson = Statement(
        "fund_person.commit",
        """
        insert into referral.fund_person as counted
          (agency_id, fund_id, participant_id, kind, cap_cents, committed_cents, others_cents)
        select $1, $2, $3, $4, $5, $6, coalesce(sum(other.committed_cents), 0)::bigint
        from referral.fund_person as other
        where other.agency_id = $1 and other.fund_id = $2 and other.participant_id = any($7) and other.kind = $4
        on conflict (agency_id, fund_id, participant_id, kind) do update
        set cap_cents = excluded.cap_cents, committed_cents = counted.committed_cents + excluded.committed_cents,
          others_cents = excluded.others_cents
        """
    )

    static let giveBackFundPerson = Statement(
        "fund_person.give_back",
        """
        update referral.fund_person
        set committed_cents = committed_cents - $5
        where agency_id = $1 and fund_id = $2 and participant_id = $3 and kind = any($4)
        """
    )
}
