internal import FHIR
internal import JSON
internal import MessageTable
internal import Models
internal import NIOHTTP1
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Works at the servers of partners that keep their Tasks with them (Gravity's direct-light mode): looks for those that are
/// meant for the agency, takes them in as referrals, and writes there how they stand.
struct OutsideWorker: Sendable {
    let pool: Pool
    let store: Store
    let clock: WallClock
    let exchange: @Sendable (OutgoingRequest) async -> IncomingAnswer?

    func send(_ attempt: DeliveryAttempt, _ kind: OutsideWord.Kind) async -> DeliveryResult {
        do {
            let word = try JSONValue.decode(OutsideWord.self, from: attempt.payload.bytes)
            switch kind {
            case .pull: return try await pull(word, attempt)
            case .push: return try await push(word, attempt)
            }
        } catch let fault as OutsideClient.Fault {
            return .failed(fault.description)
        } catch {
            return .failed("not prepared: \(error is PostgresError ? "database" : "vault")")
        }
    }

    func inWork<T: Sendable>(
        _ attempt: DeliveryAttempt, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await pool.work(for: attempt.agencyID, clock: clock, body)
    }

    func client(of stored: StoredOutsideServer, at now: Instant) -> OutsideClient {
        OutsideClient(server: stored.server, key: stored.key, now: now, ids: store.ids, exchange: exchange)
    }

    // MARK: Writing there

    /// What is to be written into a Task, as far as its sender may be told now.
    private struct Report: Sendable {
        let client: OutsideClient
        let path: String
        let taken: TakenIn
        let agency: AgencyProfile
    }

    private func push(_ word: OutsideWord, _ attempt: DeliveryAttempt) async throws -> DeliveryResult {
        let prepared = try await inWork(attempt) { work in try await report(word, in: work) }
        guard let report = prepared else { return .withdrawn("nothing to be told there any more") }
        let token = try await report.client.token()
        let found = try await report.client.call(.GET, report.path, token: token)
        guard found.isSuccess else { return .failed("status \(found.status)") }
        let task = try OutsideTask(found.body)
        // What has ended there is its sender's word; the next look sees it.
        guard task.status?.isOpen ?? true else { return .withdrawn("it has ended there") }
        let document = ResourceRendering(agency: report.agency).reported(report.taken, in: task.document)
        guard document != task.document else { return .sent }
        let answer = try await report.client.call(.PUT, report.path, token: token, document, ifMatch: found.etag)
        return answer.isSuccess ? .sent : .failed("status \(answer.status)")
    }

    private func report(_ word: OutsideWord, in work: Work) async throws -> Report? {
        guard let id = word.referralID, let place = try await store.outsideTask(of: id, in: work),
            let taken = try await store.taken(id, in: work), let permit = taken.permit,
            let partner = try await store.partner(place.partner, in: work), partner.status == .active,
            let server = try await store.outsideServer(of: place.partner, in: work)
        else { return nil }
        let participantID = taken.stored.referral.participantID
        let operation = TellingOperation(by: "referrals", operationID: "reportToOutsideTask", requestID: "")
        work.tx.audit(
            AuditRecord(.read, under: permit, participantIDs: [participantID], onBehalfOf: place.partner),
            by: .system(work.agencyID, service: operation.by, operationID: operation.operationID))
        store.account(permit, about: participantID, to: place.partner, operation, in: work)
        return Report(
            client: client(of: server, at: work.now), path: "/Task/\(place.task)", taken: taken,
            agency: try await store.agency(in: work))
    }
}
