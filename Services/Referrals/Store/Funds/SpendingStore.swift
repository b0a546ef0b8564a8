internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Store {
    /// Reserves money for one of the ids of a locked person. PostgreSQL refuses what goes over the fund, over what the fund
    /// has for the kind, or over what a person may have; nothing of it is then written.
    ///
    /// All spendings of a fund meet at its row, so that what the person's other ids have is counted after whoever was
    /// quicker.
    ///
    /// - Throws: ``StoreError`` `notFound` for a fund or a linkage that is not there; `FundRefusal`; `Faults` where the
    ///   linkage needs nothing more; `VaultError` of an erased person.
    func reserve(_ spending: Spending, of person: StoredPerson, in work: Work) async throws {
        guard !person.isErased else { throw VaultError(.erased) }
        if let id = spending.linkageID {
            // Locked, so that it does not come to nothing in this moment and leave the money reserved.
            guard let row = try await work.tx.query(.lockLinkage, work.agencyID, id).first,
                try row.column("participant_id") == spending.participantID
            else { throw StoreError(.notFound) }
            let status: LinkageStatus = try row.column("status")
            guard status.isOpen else { throw Faults([Fault("/linkageID", "it is \(status.rawValue)")]) }
        }
        let fund = try await lockFund(spending.fundID, in: work)
        try fund.admit(spending.kind, on: try await today(in: work))
        let limits = fund.limits(of: spending.kind)
        let cents = spending.amountCents
        try await refusing(.exhausted, .kindExhausted, .personAtCap) {
            work.tx.enqueue(.commitFundKind, work.agencyID, fund.fundID, spending.kind, cents)
            // Counted also where no cap stands, so that one can be set later.
            for (kind, cap) in [("", fund.personCapCents), (spending.kind, limits?.personCapCents)] {
                work.tx.enqueue(
                    .commitFundPerson, work.agencyID, fund.fundID, spending.participantID, kind, cap, cents,
                    person.ids.all.filter { $0 != spending.participantID })
            }
            try await work.tx.execute(.commitFund, work.agencyID, fund.fundID, cents)
        }
        work.tx.enqueue(
            .insertSpending, work.agencyID, spending.spendingID, spending.fundID, spending.participantID,
            spending.linkageID, spending.version, spending.kind, spending.form, spending.amountCents, spending.status,
            spending.hasReceipt, spending.reservedAt, spending.reservedBy)
    }

    func spending(_ id: SpendingID, in work: Work) async throws -> Spending? {
        try await work.tx.query(.findSpending, work.agencyID, id).first.map { try Spending(row: $0) }
    }

    /// What was spent on a person, the latest first.
    func spendings(
        of person: PersonIDs, before last: SpendingID?, atMost limit: Int, in work: Work
    ) async throws -> [Spending] {
        try await work.tx.query(.listSpendings, work.agencyID, person.all, last ?? .last, limit).map {
            try Spending(row: $0)
        }
    }

    /// Spends or releases what was reserved: also of somebody who was erased meanwhile, because it says nothing about them,
    /// and the fund has it or has it not.
    ///
    /// - Parameter settle: returns what goes back to the fund.
    /// - Throws: ``StoreError`` `notFound`, `stale`; `Spending.Refusal`.
    func settle(
        _ id: SpendingID, expecting version: Int, in work: Work, _ settle: (inout Spending) throws -> Int
    ) async throws -> Spending {
        guard let row = try await work.tx.query(.lockSpending, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        var spending = try Spending(row: row)
        guard spending.version == version else { throw StoreError(.stale) }
        let back = try settle(&spending)
        try await save(spending, givingBack: back, in: work)
        return spending
    }

    /// What was reserved for a linkage that came to nothing goes back to the fund. Of one that began it stays reserved
    /// until somebody says what was paid, with or without a receipt: nobody pays by being admitted.
    func releaseReserved(for linkage: Linkage, by subject: String, in work: Work) async throws {
        guard linkage.status.neverBegan else { return }
        for row in try await work.tx.query(.lockReservedOf, work.agencyID, linkage.linkageID) {
            var spending = try Spending(row: row)
            let back = try spending.release(by: subject, at: work.now)
            try await save(spending, givingBack: back, in: work)
        }
    }

    private func save(_ spending: Spending, givingBack cents: Int, in work: Work) async throws {
        work.tx.enqueue(
            .updateSpending, work.agencyID, spending.spendingID, spending.version, spending.amountCents,
            spending.status, spending.hasReceipt, spending.settledAt, spending.settledBy)
        guard cents > 0 else { return }
        // First the row at which all of them meet.
        work.tx.enqueue(.commitFund, work.agencyID, spending.fundID, -cents)
        work.tx.enqueue(.commitFundKind, work.agencyID, spending.fundID, spending.kind, -cents)
        work.tx.enqueue(
            .giveBackFundPerson, work.agencyID, spending.fundID, spending.participantID, ["", spending.kind], cents)
    }
}

extension Spending {
    init(row: Row) throws {
        self.init(
            spendingID: try row.column("spending_id"), fundID: try row.column("fund_id"),
            participantID: try row.column("participant_id"), linkageID: try row.column("linkage_id"),
            version: try row.column("version"), kind: try row.column("kind"), form: try row.column("form"),
            amountCents: try row.column("amount_cents"), status: try row.column("status"),
            hasReceipt: try row.column("has_receipt"), reservedAt: try row.column("reserved_at"),
            reservedBy: try row.column("reserved_by"), settledAt: try row.column("settled_at"),
            settledBy: try row.column("settled_by"))
    }
}
