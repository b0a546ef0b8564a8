internal import Postgres

extension Statement {
    static let insertFund = Statement(
        "fund.insert",
        """
        insert into referral.fund
          (agency_id, fund_id, version, name, amount_cents, committed_cents, person_cap_cents, starts_on, ends_on,
           created_at, created_by)
        values ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10)
        """
    )

    static let insertFundKind = Statement(
        "fund_kind.insert",
        """
        insert into referral.fund_kind (agency_id, fund_id, kind, cap_cents, person_cap_cents, committed_cents)
        values ($1, $2, $3, $4, $5, 0)
        """
    )

    static let changeFund = Statement(
        "fund.change",
        """
        update referral.fund
        set version = $3, amount_cents = $4, person_cap_cents = $5, starts_on = $6, ends_on = $7
        where agency_id = $1 and fund_id = $2
        """
    )

    static let changeFundKind = Statement(
        "fund_kind.change",
        """
        update referral.fund_kind
        set cap_cents = $4, person_cap_cents = $5
        where agency_id = $1 and fund_id = $2 and kind = $3
        """
    )

    /// Each person's limit; of all kinds ('') or of one.
    static let changeFundPersons = Statement(
        "fund_person.change",
        """
        update referral.fund_person
        set cap_cents = $4
        where agency_id = $1 and fund_id = $2 and kind = $3
        """
    )

    static let closeFund = Statement(
        "fund.close",
        """
        update referral.fund
        set version = $3, closed_at = $4
        where agency_id = $1 and fund_id = $2
        """
    )

    static let findFund = Statement(
        "fund.find",
        """
        select fund_id, version, name, amount_cents, committed_cents, person_cap_cents, starts_on, ends_on, closed_at
        from referral.fund
        where agency_id = $1 and fund_id = $2
        """
    )

    /// The row that all spendings of a fund meet at, in front of the others that they count up.
    static let lockFund = Statement(
        "fund.lock",
        """
        select fund_id, version, name, amount_cents, committed_cents, person_cap_cents, starts_on, ends_on, closed_at
        from referral.fund
        where agency_id = $1 and fund_id = $2
        for no key update
        """
    )

    static let listFunds = Statement(
        "fund.list",
        """
        select fund_id, version, name, amount_cents, committed_cents, person_cap_cents, starts_on, ends_on, closed_at
        from referral.fund
        where agency_id = $1 and fund_id < $2
        order by fund_id desc
        limit $3
        """
    )

    static let listFundKinds = Statement(
        "fund_kind.list",
        """
        select fund_id, kind, cap_cents, person_cap_cents
        from referral.fund_kind
        where agency_id = $1 and fund_id = any($2)
        order by fund_id, kind
        """
    )
}
