internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import NIOHTTP1
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Sends referrals on to the servers of other organisations, asks there how they stand, and takes them back.
///
/// What goes out is decided in one transaction and sent after it; what came of it is written down in another. A process that
/// ends between the two sends it again under the same number, and the other side knows it.
struct OnwardSender: Sendable {
    let pool: Pool
    let store: Store
    let clock: WallClock
    /// The agency's own FHIR base: where its numbers are from.
    let baseURL: String
    let exchange: @Sendable (OutgoingRequest) async -> IncomingAnswer?

    func send(_ attempt: DeliveryAttempt, _ kind: OnwardWord.Kind) async -> DeliveryResult {
        do {
            let id = try JSONValue.decode(OnwardWord.self, from: attempt.payload.bytes).onwardID
            switch kind {
            case .send: return try await send(id, attempt)
            case .look: return try await look(id, attempt)
            case .takeBack: return try await takeBack(id, attempt)
            }
        } catch let fault as OutsideClient.Fault {
            return .failed(fault.description)
        } catch {
            return .failed("not prepared: \(error is PostgresError ? "database" : "vault")")
        }
    }

    // MARK: Out

    private func send(_ id: OnwardID, _ attempt: DeliveryAttempt) async throws -> DeliveryResult {
        let prepared = try await inWork(attempt) { work in try await prepare(id, in: work) }
        guard let (client, bundle) = prepared else { return .withdrawn("not to be told any more, or taken back") }
        let result: Result<IncomingAnswer, OutsideClient.Fault>
        do throws(OutsideClient.Fault) {
            result = .success(try await client.call(.POST, "", token: client.token(), bundle))
        } catch {
            result = .failure(error)
        }
        return try await inWork(attempt) { work in try await settle(id, result, attempt, in: work) }
    }

    /// The bundle, or nil where nothing is to go out: it was taken back, or consent has ended since it was queued.
    private func prepare(_ id: OnwardID, in work: Work) async throws -> (OutsideClient, FHIRDocument)? {
        guard let seen = try await store.onward(id, in: work) else { return nil }
        // The person first, as everywhere.
        let person = try await store.lockPerson(seen.onward.participantID, in: work)
        guard var stored = try await store.lockOnward(id, in: work), stored.onward.status == .queued else { return nil }
        let onward = stored.onward
        guard let partner = try await store.partner(onward.partnerID, in: work), partner.status == .active,
            let answer = try await store.mayBeSentOn(person, to: partner, for: onward.service, in: work),
            let referral = try await store.referral(onward.referralID, in: work)?.referral, referral.mayBeSentOn,
            person.identity.isNamed
        else {
            stored.onward.withhold(at: work.now)
            store.save(stored, in: work)
            return nil
        }
        let client = try await client(of: onward, in: work)
        let bundle = try OnwardBundle(
            onward: onward, agency: try await store.agency(in: work), partner: partner, permit: answer.permit,
            consent: answer.consent, identity: person.identity, request: referral.request,
            note: try person.participant(onward.participantID).dataKey.open(stored.note, from: .onwardNote),
            service: onward.service.flatMap { store.linkages.service($0)?.text }, system: "\(baseURL)/onward",
            now: work.now
        ).document()
        if stored.onward.tell(at: work.now) {
            store.save(stored, in: work)
            let operation = TellingOperation(by: "referrals", operationID: "sendReferralOn", requestID: "")
            work.tx.audit(
                AuditRecord(
                    .read, under: answer.permit, participantIDs: person.ids.all, onBehalfOf: partner.partnerID),
                by: .system(work.agencyID, service: operation.by, operationID: operation.operationID))
            store.account(
                answer.permit, about: person.ids.remaining, to: partner.partnerID, operation, in: work)
        }
        return (client, bundle)
    }

    private func settle(
        _ id: OnwardID, _ result: Result<IncomingAnswer, OutsideClient.Fault>, _ attempt: DeliveryAttempt, in work: Work
    ) async throws -> DeliveryResult {
        guard var stored = try await store.lockOnward(id, in: work) else { return .withdrawn("gone") }
        let fault: String
        switch result {
        case .success(let answer) where answer.isSuccess:
            try store.went(&stored, asTask: OutsideTask.id(inAnswer: answer.body), in: work)
            return .sent
        case .success(let answer):
            fault = "status \(answer.status)"
            // What the other side cannot read it will not be able to read tomorrow.
            if [400, 413, 415, 422].contains(answer.status) {
                stored.onward.giveUp(because: fault, at: work.now)
                store.save(stored, in: work)
                return .withdrawn(fault)
            }
        case .failure(let error): fault = error.description
        }
        if attempt.isLast {
            stored.onward.giveUp(because: fault, at: work.now)
        } else {
            stored.onward.missed(because: fault, at: work.now)
        }
        store.save(stored, in: work)
        return .failed(fault)
    }

    // MARK: How it stands

    private func look(_ id: OnwardID, _ attempt: DeliveryAttempt) async throws -> DeliveryResult {
        let prepared = try await inWork(attempt) { work in try await following(id, in: work) }
        guard let (client, path) = prepared else { return .withdrawn("nothing more can come") }
        do {
            let answer = try await client.call(.GET, path, token: client.token())
            guard answer.isSuccess else { throw OutsideClient.Fault("status \(answer.status)") }
            let task = try OutsideTask(answer.body)
            try await inWork(attempt) { work in try await record(task, of: id, in: work) }
            return .sent
        } catch let fault as OutsideClient.Fault {
            try await inWork(attempt) { work in
                guard var stored = try await store.lockOnward(id, in: work) else { return }
                stored.onward.missed(because: fault.description, at: work.now)
                store.save(stored, in: work)
                // One look is given up after half a day; the loop is not.
                if attempt.isLast { try store.queueLook(of: stored.onward, in: work) }
            }
            return .failed(fault.description)
        }
    }

    private func record(_ task: OutsideTask, of id: OnwardID, in work: Work) async throws {
        guard let seen = try await store.onward(id, in: work),
            let participant = try await store.participant(seen.onward.participantID, in: work),
            var stored = try await store.lockOnward(id, in: work)
        else { return }
        stored.onward.reported(task.status, business: task.business, at: work.now)
        if !participant.isErased, let reason = task.reason {
            stored.reason = try participant.dataKey.seal(reason, for: .onwardReason)
        }
        store.save(stored, in: work)
        try store.queueLook(of: stored.onward, in: work)
    }

    // MARK: Back

    /// Reads the Task there, and writes it again as cancelled, on the version that was read.
    private func takeBack(_ id: OnwardID, _ attempt: DeliveryAttempt) async throws -> DeliveryResult {
        let prepared = try await inWork(attempt) { work in try await following(id, in: work) }
        guard let (client, path) = prepared else { return .withdrawn("it has ended there") }
        let token = try await client.token()
        let found = try await client.call(.GET, path, token: token)
        guard found.isSuccess else { return .failed("status \(found.status)") }
        var task = try OutsideTask(found.body)
        if task.status?.isOpen ?? true {
            let cancelled = task.document.settingStatus("cancelled")
                .setting(["statusReason"], to: ["text": "The agency that referred has taken it back."])
            let answer = try await client.call(.PUT, path, token: token, cancelled, ifMatch: found.etag)
            guard answer.isSuccess else { return .failed("status \(answer.status)") }
            task = try OutsideTask(cancelled.serialized())
        }
        let last = task
        try await inWork(attempt) { work in try await record(last, of: id, in: work) }
        return .sent
    }

    /// The client, and where the other side's Task is; nil where nothing more can come.
    private func following(_ id: OnwardID, in work: Work) async throws -> (OutsideClient, String)? {
        guard let onward = try await store.onward(id, in: work)?.onward, onward.status.isOpen,
            let taskID = onward.taskID, let partner = try await store.partner(onward.partnerID, in: work),
            partner.status == .active
        else { return nil }
        return (try await client(of: onward, in: work), "/Task/\(taskID)")
    }

    private func client(of onward: OnwardReferral, in work: Work) async throws -> OutsideClient {
        guard let stored = try await store.outsideServer(of: onward.partnerID, in: work) else {
            throw OutsideClient.Fault("the partner's server is not known")
        }
        return OutsideClient(
            server: stored.server, key: stored.key, now: work.now, ids: store.ids, exchange: exchange)
    }

    private func inWork<T: Sendable>(
        _ attempt: DeliveryAttempt, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await pool.work(for: attempt.agencyID, clock: clock, body)
    }
}
