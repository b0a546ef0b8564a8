internal import FHIR
internal import JSON
internal import MessageTable
internal import Models
internal import NIOHTTP1
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Looking for Tasks that are meant for the agency.
extension OutsideWorker {
    /// More are left to the next look: those that were taken in are no longer `requested`.
    private static let mostTasks = 20

    func pull(_ word: OutsideWord, _ attempt: DeliveryAttempt) async throws -> DeliveryResult {
        let prepared = try await inWork(attempt) { work -> (StoredOutsideServer, Instant)? in
            guard let id = word.partnerID, let partner = try await store.partner(id, in: work),
                partner.status == .active, let stored = try await store.outsideServer(of: id, in: work),
                stored.server.version == word.version, stored.server.taskOwner != nil
            else { return nil }
            return (stored, work.now)
        }
        guard let (stored, now) = prepared, let owner = stored.server.taskOwner else {
            return .withdrawn("other settings are in force")
        }
        do {
            let client = client(of: stored, at: now)
            let token = try await client.token()
            for task in try await tasks("requested", for: owner, since: nil, client, token) {
                try await take(task, from: stored.server, client, token, attempt)
            }
            for task in try await tasks("cancelled", for: owner, since: stored.pulledAt, client, token) {
                try await takeBack(task, at: stored.server.partnerID, attempt)
            }
            try await inWork(attempt) { work in
                try await work.tx.execute(.markPulled, work.agencyID, stored.server.partnerID, now)
                try store.queueNextPull(of: stored.server, in: work)
            }
            return .sent
        } catch let fault as OutsideClient.Fault {
            if attempt.isLast {
                try await inWork(attempt) { work in try store.queueNextPull(of: stored.server, in: work) }
            }
            return .failed(fault.description)
        }
    }

    /// The Tasks of one status, as the server lists them.
    private func tasks(
        _ status: String, for owner: String, since: Instant?, _ client: OutsideClient, _ token: String
    ) async throws(OutsideClient.Fault) -> [OutsideTask] {
        var query = "/Task?owner=\(FHIRRoutes.escaped(owner))&status=\(status)&_count=\(Self.mostTasks)"
        // Two clocks: what lies an hour back is looked at again, which changes nothing.
        if let since { query += "&_lastUpdated=ge\((since - .seconds(3600)).fhirText)" }
        let answer = try await client.call(.GET, query, token: token)
        guard answer.isSuccess else { throw OutsideClient.Fault("status \(answer.status)") }
        var found: [OutsideTask] = []
        for entry in OutsideClient.json(answer.body)?[["entry"]]?.array ?? [] {
            guard let resource = entry[["resource"]], resource[["resourceType"]]?.string == "Task" else { continue }
            let task = try OutsideTask(resource.serialized())
            if task.id.map(OutsideTask.isID) ?? false, resource[["status"]]?.string == status { found.append(task) }
        }
        return Array(found.prefix(Self.mostTasks))
    }

    /// Takes a Task in as a referral; one that cannot be read is rejected there, with why.
    private func take(
        _ task: OutsideTask, from server: OutsideServer, _ client: OutsideClient, _ token: String,
        _ attempt: DeliveryAttempt
    ) async throws {
        guard let id = task.id else { return }
        let isKnown = try await inWork(attempt) { work in
            try await store.known([id], at: server.partnerID, in: work).contains(id)
        }
        guard !isKnown else { return }
        let incoming: IncomingReferral
        do {
            let bundle = try await OutsideReferral(task: task, base: server.baseURL).bundle {
                (path: String) async throws(OutsideClient.Fault) -> IncomingAnswer in
                try await client.call(.GET, path, token: token)
            }
            incoming = try ReferralReading.transaction(R4.Bundle(bundle))
        } catch let refusal as R4.Refusal {
            return try await reject(task, because: refusal, server.partnerID, client, token, attempt)
        }
        do {
            try await takeIn(incoming, task: id, from: server, attempt)
        } catch let error as StoreError {
            guard error.code == .placerReused else { throw error }
            let refusal = R4.Refusal(
                .duplicate, "The order's identifier stands for another referral.", at: ["ServiceRequest.identifier"])
            try await reject(task, because: refusal, server.partnerID, client, token, attempt)
        }
    }

    private func takeIn(
        _ incoming: IncomingReferral, task id: String, from server: OutsideServer, _ attempt: DeliveryAttempt
    ) async throws {
        try await inWork(attempt) { work in
            guard let sender = try await store.partner(server.partnerID, in: work),
                try await work.tx.execute(
                    .insertOutsideTask, work.agencyID, server.partnerID, id, nil as ReferralID?, work.now) == 1
            else { return }
            let caller = FHIRCaller(
                agencyID: work.agencyID, partnerID: server.partnerID, clientID: "outside-server/\(server.partnerID)")
            guard case .patient(let patient) = incoming.person else { return }
            let fhir = FHIRIntake(
                incoming: incoming, caller: caller, sender: sender,
                parts: ReceivedParts(incoming) { _ in store.ids.uuid() })
            let taken = try await store.takeIn(
                fhir.intake(of: PersonIdentity(patient), receivedAt: work.now), in: work)
            let referral = taken.stored.referral
            try await work.tx.execute(
                .setOutsideReferral, work.agencyID, server.partnerID, id, referral.referralID)
            if let permit = taken.permit {
                work.tx.audit(
                    AuditRecord(
                        .create, under: permit, participantIDs: [referral.participantID],
                        onBehalfOf: server.partnerID),
                    by: .system(work.agencyID, service: "referrals", operationID: "takeOutsideTask"))
            }
            try await store.queuePush(of: referral, version: taken.stored.shown.version, in: work)
        }
    }

    private func reject(
        _ task: OutsideTask, because refusal: R4.Refusal, _ partner: PartnerID, _ client: OutsideClient,
        _ token: String, _ attempt: DeliveryAttempt
    ) async throws {
        guard let id = task.id else { return }
        let why = refusal.issues.map(\.diagnostics).joined(separator: " ")
        // On the version that it has now: a search does not say which one it found.
        let found = try await client.call(.GET, "/Task/\(id)", token: token)
        guard found.isSuccess else { throw OutsideClient.Fault("status \(found.status)") }
        let rejected = try OutsideTask(found.body).document.settingStatus("rejected")
            .setting(["statusReason"], to: ["text": .string("It cannot be taken as it is. \(why)")])
        let answer = try await client.call(.PUT, "/Task/\(id)", token: token, rejected, ifMatch: found.etag)
        guard answer.isSuccess else { throw OutsideClient.Fault("status \(answer.status)") }
        try await inWork(attempt) { work in
            _ = try await work.tx.execute(
                .insertOutsideTask, work.agencyID, partner, id, nil as ReferralID?, work.now)
        }
    }

    /// Its sender has taken it back there: so it is here, where that may still be.
    private func takeBack(_ task: OutsideTask, at partner: PartnerID, _ attempt: DeliveryAttempt) async throws {
        guard let taskID = task.id else { return }
        try await inWork(attempt) { work in
            guard let id = try await store.referral(ofTask: taskID, at: partner, in: work) else { return }
            let actor = Referral.Actor(.requester, "outside-server/\(partner)")
            try await store.change(id, in: work) { current, _ in
                guard let referral = current[id], referral.status.successors.contains(.cancelled) else { return }
                try current.cancel(
                    id, because: task.reason ?? "Its sender took it back.", by: actor, at: work.now)
            }
        }
    }
}
