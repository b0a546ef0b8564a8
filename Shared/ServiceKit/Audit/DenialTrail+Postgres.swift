internal import FoundationEssentials
public import Logging
internal import MessageTable
public import Models
internal import NIOConcurrencyHelpers
public import Postgres

extension DenialTrail {
    /// Writes denials through the service's pool: with a known agency into `audit_event`, otherwise into
    /// `denied_access`, at most 20 at once and 60 a minute for each network address.
    ///
    /// A denial that cannot be written is logged as an error; the caller is refused all the same.
    public static func postgres(_ pool: Pool, ids: IDSource, logger: Logger) -> DenialTrail {
        let budget = DenialBudget()
        return DenialTrail { request in
            do {
                if let principal = request.principal {
                    try await pool.transaction(for: principal.agencyID) { transaction in
                        transaction.auditDenial(request, of: principal)
                    }
                } else if let suppressed = budget.admit(request.address, at: .now) {
                    _ = try await pool.query(
                        AuditStatements.appendDeniedAccess,
                        ids.uuid(),
                        request.denial.reason.rawValue,
                        request.operationID,
                        suppressed
                    )
                }
            } catch {
                logger.error(
                    "a denial could not be recorded",
                    metadata: ["request_id": "\(request.requestID)", "error": "\(error)"]
                )
            }
        }
    }
}

/// How many denials without an agency one address may cause to be written, and how many were left out.
final class DenialBudget: Sendable {
    private struct State {
        var buckets = TokenBuckets<String>(burst: 20, perSecond: 1, largest: 10_000)
        var suppressed: Int32 = 0
    }

    private let state = NIOLockedValueBox(State())

    /// How many were left out since the last one that was written; nil where this one must be left out, too.
    func admit(_ address: String?, at now: ContinuousClock.Instant) -> Int32? {
        state.withLockedValue { state in
            guard case .taken = state.buckets.take(address ?? "", at: now) else {
                state.suppressed = state.suppressed == .max ? .max : state.suppressed + 1
                return nil
            }
            defer { state.suppressed = 0 }
            return state.suppressed
        }
    }
}
