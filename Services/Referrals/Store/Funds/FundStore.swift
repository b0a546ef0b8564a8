internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

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

    /// Changes how much it has, for whom and when. PostgreSQL refuses less than what is reserved and spent: of the fund, of a
    /// kind, of a person.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; `FundRefusal`.
    func change(
        _ id: FundID, to terms: Fund.Terms, expecting version: Int, in work: Work
    ) async throws -> Fund {
        var fund = try await lockFund(id, in: work)
        guard fund.version == version else { throw StoreError(.stale) }
        try fund.change(to: terms)
        let (agency, changed) = (work.agencyID, fund)
        try await refusing(.belowCommitted(.fund), .belowCommitted(.kind), .belowCommitted(.person)) {
            for kind in changed.kinds {
                work.tx.enqueue(.changeFundKind, agency, id, kind.kind, kind.capCents, kind.personCapCents)
                work.tx.enqueue(.changeFundPersons, agency, id, kind.kind, kind.personCapCents)
            }
            work.tx.enqueue(.changeFundPersons, agency, id, "", changed.personCapCents)
            try await work.tx.execute(
                .changeFund, agency, id, changed.version, changed.amountCents, changed.personCapCents,
                changed.startsOn, changed.endsOn)
        }
        return fund
    }

    /// What PostgreSQL refuses, in the words of the field.
    func refusing(
        _ amount: FundRefusal, _ kind: FundRefusal, _ person: FundRefusal, _ change: () async throws -> Void
    ) async throws {
        do {
            try await change()
        } catch let error as PostgresError {
            switch error.constraint {
            case "fund_within_amount": throw amount
            case "fund_kind_within_cap": throw kind
            case "fund_person_within_cap": throw person
            default: throw error
            }
        }
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
