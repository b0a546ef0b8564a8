internal import FoundationEssentials
internal import Logging
internal import Models
internal import NIOConcurrencyHelpers
internal import Postgres

/// Sends queued deliveries: each partner's one after the other, in order, and the partners beside each other.
///
/// A partner's queue is claimed with a lease, so that of all senders in all processes one at a time is at it, and nothing
/// is locked while the outside is slow. A partner that hangs or fails takes one place; a place that becomes free is filled
/// at once. One that fails is left alone for longer each time, until a single delivery succeeds again; its others wait
/// behind it. After a crash the delivery is sent again when the lease has ended, with the same idempotency key.
struct DeliverySender: Sendable {
    let pool: Pool
    let clock: WallClock
    let logger: Logger
    /// Asks again whether it may go out, and sends it.
    let send: @Sendable (DeliveryAttempt) async -> DeliveryResult

    /// For how long a queue is left to the sender that has claimed it. Seconds.
    static let lease = 60.0
    /// When an attempt is cancelled, so that it ends within its lease.
    static let patience: Duration = .seconds(45)

    /// A delivery that this sender may send now.
    struct Claimed: Hashable, Sendable {
        let attempt: DeliveryAttempt
        /// The number of the lease: a later one fences this one off.
        let lease: Int64
        /// How often its partner has failed in a row.
        let failures: Int

        var isProbe: Bool { failures > 0 }
    }

    /// Runs until the loop is told to stop, and then finishes what is under way.
    func run(_ loop: Loop) async {
        let slots = NIOLockedValueBox(DeliverySlots())
        await withDiscardingTaskGroup { group in
            await loop.run {
                let now = slots.withLockedValue { $0 }
                guard now.free > 0 else { return .seconds(1) }
                for claimed in try await claim(now.free, probes: now.freeProbes) {
                    slots.withLockedValue { $0.take(isProbe: claimed.isProbe) }
                    group.addTask {
                        await carryOut(claimed)
                        slots.withLockedValue { $0.giveBack(isProbe: claimed.isProbe) }
                        await loop.bell.ring()
                    }
                }
                return .milliseconds(Int.random(in: 200...300))
            }
        }
    }

    /// Claims the first delivery of so many partners at most, those that have waited longest.
    ///
    /// - Parameter probes: how many of them may be of partners that failed the last time.
    func claim(_ count: Int, probes: Int) async throws -> [Claimed] {
        let now = clock.now()
        let rows = try await pool.withTransaction(.pinnedPlans) { transaction in
            try await transaction.query(Self.claimQueues, now, count, probes, Self.lease)
        }
        var claimed: [Claimed] = []
        for row in rows {
            let (agency, partner, lease, failures, id, kind, subject, payload, key, attempt) = try row.decode(
                (AgencyID, String, Int64, Int, UUID?, String?, UUID?, JSONB?, String?, Int?).self)
            guard let id, let kind, let payload, let key, let attempt else {
                // Another sender was faster, and has sent what was the first.
                _ = try await pool.query(Self.release, agency, partner, lease)
                continue
            }
            claimed.append(
                Claimed(
                    attempt: DeliveryAttempt(
                        agencyID: agency, deliveryID: id, partner: partner, kind: kind, subjectID: subject,
                        payload: payload, idempotencyKey: key, attempt: attempt),
                    lease: lease, failures: failures))
        }
        return claimed
    }

    /// Sends it, and writes down what came of it.
    func carryOut(_ claimed: Claimed) async {
        let sending = Task { await send(claimed.attempt) }
        let alarm = Task {
            try await Task.sleep(for: Self.patience)
            sending.cancel()
        }
        let result = await sending.value
        alarm.cancel()
        let outcome = DeliveryOutcome(
            result, attempt: claimed.attempt.attempt, failures: claimed.failures, now: clock.now(),
            jitter: Double.random(in: 0...1))
        // What has gone out should not go out again only because the database is away for a moment.
        for pause in [Duration.milliseconds(100), .milliseconds(500), .seconds(2), .seconds(5), nil] {
            do {
                return try await record(outcome, of: claimed)
            } catch {
                logger.warning(
                    "what came of a delivery could not be written down",
                    metadata: ["delivery_id": "\(claimed.attempt.deliveryID)", "error": "\(error)"])
            }
            // A task of its own: being cancelled is no reason to give up sooner.
            if let pause { _ = await Task { try await Task.sleep(for: pause) }.result }
        }
    }

    private func record(_ outcome: DeliveryOutcome, of claimed: Claimed) async throws {
        let (attempt, now) = (claimed.attempt, clock.now())
        let isOurs = try await pool.withTransaction { transaction in
            transaction.enqueue(
                Self.settle, attempt.agencyID, attempt.deliveryID, attempt.attempt, outcome.state.rawValue, now,
                outcome.error)
            return try await transaction.execute(
                Self.settleQueue, attempt.agencyID, attempt.partner, claimed.lease, outcome.failures,
                outcome.pausedUntil, outcome.pausedUntil == nil ? nil : outcome.error) > 0
        }
        var metadata: Logger.Metadata = [
            "partner": "\(attempt.partner)", "delivery_id": "\(attempt.deliveryID)",
            "attempt": "\(attempt.attempt)",
        ]
        if !isOurs {
            logger.warning("a delivery took longer than its lease; another sender has tried it too", metadata: metadata)
        } else if let pausedUntil = outcome.pausedUntil {
            metadata["error"] = "\(outcome.error ?? "-")"
            metadata["paused_until"] = "\(pausedUntil)"
            logger.log(
                level: outcome.state == .dead ? .error : .warning,
                outcome.state == .dead ? "a delivery is given up" : "a partner is paused", metadata: metadata)
        }
    }
}
