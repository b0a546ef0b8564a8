internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

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

extension Store {
    func insert(_ fund: Fund, by subject: String, in work: Work) async throws {
        do {
            try await work.tx.execute(
                .insertFund, work.agencyID, fund.fundID, fund.version, fund.name, fund.amountCents,
                fund.personCapCents, fund.startsOn, fund.endsOn, work.now, subject)
        } catch {
            guard error.constraint == "fund_name_key" else { throw error }
            throw Faults([Fault("/name", "another fund has this name")])
        }
        for kind in fund.kinds {
            work.tx.enqueue(
                .insertFundKind, work.agencyID, fund.fundID, kind.kind, kind.capCents, kind.personCapCents)
        }
    }

    func fund(_ id: FundID, in work: Work) async throws -> Fund? {
        try await funds(work.tx.query(.findFund, work.agencyID, id), in: work).first
    }

    /// - Throws: ``StoreError`` `notFound`.
    func lockFund(_ id: FundID, in work: Work) async throws -> Fund {
        guard let fund = try await funds(work.tx.query(.lockFund, work.agencyID, id), in: work).first else {
            throw StoreError(.notFound)
        }
        return fund
    }

    /// The agency's funds, the latest first.
    func funds(before last: FundID?, atMost limit: Int, in work: Work) async throws -> [Fund] {
        try await funds(work.tx.query(.listFunds, work.agencyID, last ?? .last, limit), in: work)
    }

    /// Nothing more is reserved from it.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`.
    func close(_ id: FundID, expecting version: Int, in work: Work) async throws {
        var fund = try await lockFund(id, in: work)
        guard fund.version == version else { throw StoreError(.stale) }
        fund.close(at: work.now)
        work.tx.enqueue(.closeFund, work.agencyID, id, fund.version, fund.closedAt)
    }

    private func funds(_ rows: Rows, in work: Work) async throws -> [Fund] {
        let ids: [FundID] = try rows.map { try $0.column("fund_id") }
        guard !ids.isEmpty else { return [] }
        var kinds: [FundID: [Fund.Kind]] = [:]
        for row in try await work.tx.query(.listFundKinds, work.agencyID, ids) {
            kinds[try row.column("fund_id"), default: []].append(
                Fund.Kind(
                    kind: try row.column("kind"), capCents: try row.column("cap_cents"),
                    personCapCents: try row.column("person_cap_cents")))
        }
        return try rows.map { row in
            let id: FundID = try row.column("fund_id")
            return Fund(
                fundID: id, version: try row.column("version"), name: try row.column("name"),
                amountCents: try row.column("amount_cents"), committedCents: try row.column("committed_cents"),
                personCapCents: try row.column("person_cap_cents"), kinds: kinds[id] ?? [],
                startsOn: try row.column("starts_on"), endsOn: try row.column("ends_on"),
                closedAt: try row.column("closed_at"))
        }
    }
}
