internal import JSON
internal import MessageTable
internal import Models
internal import Postgres

/// Forgets what partners sent and did not refer: after a day it is gone, whether or not the partner is heard of again.
struct KeptUpkeep: Sendable {
    let pool: Pool
    let store: Store
    let clock: WallClock

    func forget(_ attempt: DeliveryAttempt) async -> DeliveryResult {
        do {
            let word = try JSONValue.decode(KeptWord.self, from: attempt.payload.bytes)
            try await pool.work(for: attempt.agencyID, clock: clock) { work in
                store.forgetKept(of: word.partnerID, in: work)
            }
            return .sent
        } catch {
            return .failed("not forgotten: \(error is PostgresError ? "database" : "word")")
        }
    }
}
