internal import Models
internal import Postgres
internal import ReferralsDomain

/// What a fund paid or is to pay, without whom it was for and who asked for it.
struct FundSpending: Sendable {
    let spendingID: SpendingID
    let version: Int
    let kind: String
    let form: Spending.Form
    let amountCents: Int
    let status: Spending.Status
    let hasReceipt: Bool
    let reservedAt: Instant
    let settledAt: Instant?
}

extension Store {
    /// What was reserved and spent of a fund, the latest first.
    func spendings(
        of fund: FundID, before last: SpendingID?, atMost limit: Int, in work: Work
    ) async throws -> [FundSpending] {
        try await work.tx.query(.listSpendingsOfFund, work.agencyID, fund, last ?? .last, limit).map { row in
            FundSpending(
                spendingID: try row.column("spending_id"), version: try row.column("version"),
                kind: try row.column("kind"), form: try row.column("form"), amountCents: try row.column("amount_cents"),
                status: try row.column("status"), hasReceipt: try row.column("has_receipt"),
                reservedAt: try row.column("reserved_at"), settledAt: try row.column("settled_at"))
        }
    }
}
