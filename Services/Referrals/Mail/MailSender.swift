internal import FoundationEssentials
internal import JSON
internal import Logging
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Sends partners the mail that something was updated, once for all that happened since the last one.
struct MailSender: Sendable {
    let pool: Pool
    let store: Store
    let clock: WallClock
    let publicURL: String
    let logger: Logger
    /// Hands it to the mail server.
    let deliver: @Sendable (UpdateMail, [MailAddress], _ isPatient: Bool) async -> SMTPDialogue.Outcome

    /// After so many attempts, six minutes after the first, a recipient that is refused for now holds up the others no longer.
    static let patience = 2

    private enum Step: Sendable {
        case go([MailAddress], Instant)
        case leave(String)
    }

    func send(_ attempt: DeliveryAttempt) async -> DeliveryResult {
        let step: Step
        do {
            step = try await pool.work(for: attempt.agencyID, clock: clock) { try await prepare(attempt, in: $0) }
        } catch {
            return .failed("not prepared: \(error is PostgresError ? "database" : "vault")")
        }
        switch step {
        case .leave(let reason): return .withdrawn(reason)
        case .go(let addresses, let at): return await send(attempt, to: addresses, at: at)
        }
    }

    private func send(
        _ attempt: DeliveryAttempt, to addresses: [MailAddress], at instant: Instant
    ) async -> DeliveryResult {
        let mail = UpdateMail(id: attempt.deliveryID, at: instant, publicURL: publicURL)
        switch await deliver(mail, addresses, attempt.attempt <= Self.patience) {
        case .failed(let reason): return .failed(reason)
        case .refused:
            logger.warning("the mail server refuses every address of a partner", metadata: partner(attempt))
            return .withdrawn("every address is refused")
        case .sent(let refused):
            if refused > 0 {
                logger.warning("the mail server refuses some addresses of a partner", metadata: partner(attempt))
            }
            return await settle(attempt, at: instant)
        }
    }

    /// Whom it goes to, or why it does not go out: nobody wants it any more, it was told with another, or may not be told now.
    private func prepare(_ attempt: DeliveryAttempt, in work: Work) async throws -> Step {
        let word = try JSONValue.decode(MailWord.self, from: attempt.payload.bytes)
        guard let mail = try await store.mail(of: word.partnerID, in: work) else {
            return .leave("not wanted any more")
        }
        if let sentAt = mail.sentAt {
            if word.at <= sentAt { return .leave("told with another") }
            // Two that changed at once were both due; the second one waits.
            if sentAt + MailWord.pause > work.now {
                try store.queue(word, notBefore: sentAt + MailWord.pause, in: work)
                return .leave("put off")
            }
        }
        guard let taken = try await store.taken(word.referralID, in: work), let permit = taken.permit,
            taken.stored.referral.partnerID == word.partnerID, taken.view.tellsProgress || !word.restsOnConsent
        else { return .leave("not to be disclosed any more") }
        let participantID = taken.stored.referral.participantID
        let operation = TellingOperation(by: "referrals", operationID: "announceByMail", requestID: "")
        work.tx.audit(
            AuditRecord(.read, under: permit, participantIDs: [participantID], onBehalfOf: word.partnerID),
            by: .system(work.agencyID, service: operation.by, operationID: operation.operationID)
        )
        store.account(permit, about: participantID, to: word.partnerID, operation, in: work)
        return .go(mail.addresses, work.now)
    }

    /// What happened until then needs no further mail. Where that cannot be written down one goes out more.
    private func settle(_ attempt: DeliveryAttempt, at instant: Instant) async -> DeliveryResult {
        do {
            try await pool.work(for: attempt.agencyID, clock: clock) { work in
                let word = try JSONValue.decode(MailWord.self, from: attempt.payload.bytes)
                try await store.mailWasSent(to: word.partnerID, at: instant, in: work)
            }
        } catch {
            logger.warning("a mail was sent and not written down", metadata: ["error": "\(type(of: error))"])
        }
        return .sent
    }

    private func partner(_ attempt: DeliveryAttempt) -> Logger.Metadata { ["queue": "\(attempt.partner)"] }
}
