internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// The second of two requests: an order that was sent by itself has a Task from us, until its sender sends its own.
extension FHIRRoutes {
    @Sendable
    func postTask(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, "Task")
        let document = try document(request, context)
        let task = try R4.Task(document)
        let order = try Self.order(of: task, baseURL: baseURL)
        let condition = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        let wanted = condition.flatMap { R4.SearchQuery.items(of: $0).identifier }
        return try await work(caller, context) { work in
            guard let sent = try await store.sent(order, .referral, by: caller.partnerID, in: work) else {
                throw R4.Refusal(.notFound, "The focus is no order that you sent.", at: ["Task.focus"])
            }
            // Two at once: the second waits here, and finds the first one's.
            let participant = try await store.lockParticipant(sent.stored.referral.participantID, in: work)
            guard let taken = try await store.sent(order, .referral, by: caller.partnerID, in: work),
                let ids = taken.senderIDs
            else { throw Problem.hidden }
            try await check(task, is: ids, of: taken, caller, in: work)
            if let received = try await store.received("Task", ids.taskID, of: caller.partnerID, in: work) {
                let earlier = try FHIRDocument.parse(received.content)
                guard try earlier.isSame(as: document) || earlier.isNumbered(wanted) else {
                    throw Problem.conflict(
                        "task-exists", title: "The order has its Task already",
                        detail: "Task/\(ids.taskID.lowercasedText)")
                }
                try store.record(taken, told: .read, context, in: work)
                let status: HTTPResponse.Status = wanted == nil ? .created : .ok
                return try await answer(taken, status, caller, in: work)
            }
            let kept = try await store.keepTask(document.serialized(), of: taken, by: participant, in: work)
            try store.record(kept, told: .create, context, in: work)
            return try await answer(kept, .created, caller, in: work)
        }
    }

    private func answer(
        _ taken: TakenIn, _ status: HTTPResponse.Status, _ caller: FHIRCaller, in work: Work
    ) async throws -> Response {
        guard let ids = taken.senderIDs else { throw Problem.hidden }
        let id = ids.taskID.lowercasedText
        return try FHIRAnswer.resource(
            try await task(taken, ids.taskID, caller, in: work), status: status,
            at: "\(baseURL)/Task/\(id)/_history/\(taken.stored.shown.version)"
        )
    }

    /// Which order it is about.
    private static func order(of task: R4.Task, baseURL: String) throws(R4.Refusal) -> UUID {
        guard let focus = task.focus else {
            throw R4.Refusal(.required, "A Task needs the order as its focus.", at: ["Task.focus"])
        }
        let place = task.document.references(at: ["focus"], baseURL: baseURL).first
        guard focus.target != nil, let place, place.type == "ServiceRequest", let id = UUID(uuidString: place.id) else {
            throw R4.Refusal(.notFound, "The focus is no order that you sent.", at: ["Task.focus"])
        }
        guard task.intent == "order" else {
            throw R4.Refusal(.businessRule, "A referral's Task has the intent order.", at: ["Task.intent"])
        }
        // The order was taken when it came: nothing of it is a draft any more.
        guard task.status == .requested else {
            throw R4.Refusal(
                .businessRule, "The Task of an order that was sent has the status requested.", at: ["Task.status"])
        }
        return id
    }

    /// It is for the person of its order, by whichever id its sender was given.
    private func check(
        _ task: R4.Task, is ids: SenderIDs, of taken: TakenIn, _ caller: FHIRCaller, in work: Work
    ) async throws {
        guard let text = task.beneficiary?.reference, case .relative("Patient", let id, _) = R4.Reference.Target(text)
        else { return }
        let alias = UUID(uuidString: id)
        if alias == ids.participantID { return }
        guard let alias,
            let named: ParticipantID = try await store.resolve(alias, .participant, of: caller.partnerID, in: work),
            named == taken.stored.knownAs
        else { throw R4.Refusal(.invalid, "The Task is for the order's subject.", at: ["Task.for"]) }
    }
}

extension FHIRDocument {
    fileprivate func isSame(as other: FHIRDocument) -> Bool { canonical() == other.canonical() }

    fileprivate func isNumbered(_ identifier: R4.Identifier?) throws(R4.Refusal) -> Bool {
        guard let identifier else { return false }
        return try R4.Task(self).identifiers.contains { $0.system == identifier.system && $0.value == identifier.value }
    }
}
