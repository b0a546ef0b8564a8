internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import JSON
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What the sender of a referral may change of its Task: its status, within Gravity's state machine.
extension FHIRRoutes {
    /// The change that an update asks for.
    private struct Change: Sendable {
        let status: R4.TaskStatus
        let reason: String?
    }

    @Sendable
    func putTask(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.update, "Task")
        let id = try context.alias("id")
        let task = try R4.Task(document(request, context))
        guard task.id?.lowercased() == id.uuidString.lowercased() else {
            throw R4.Refusal(.invalid, "The id of the resource is the id of the URL.", at: ["Task.id"])
        }
        let change = Change(status: task.status, reason: task.statusReason?.text)
        return try await update(id, to: change, expecting: request.ifMatchIfPresent, caller, context)
    }

    /// JSON Patch (RFC 6902), as far as it sets the status and its reason.
    @Sendable
    func patchTask(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.update, "Task")
        let id = try context.alias("id")
        let change = try Self.change(patch: Array(context.body.readableBytesView))
        return try await update(id, to: change, expecting: request.ifMatchIfPresent, caller, context)
    }

    private static func change(patch: [UInt8]) throws(R4.Refusal) -> Change {
        let json: JSONValue
        do { json = try JSONValue.parse(patch) } catch { throw R4.Refusal(error) }
        guard let operations = json.array, !operations.isEmpty else {
            throw R4.Refusal(.structure, "A JSON Patch is an array of operations.")
        }
        var (status, reason): (R4.TaskStatus?, String?)
        for operation in operations {
            guard let kind = operation[["op"]]?.string, ["add", "replace"].contains(kind) else {
                throw R4.Refusal(.notSupported, "The operations add and replace are supported.")
            }
            switch operation[["path"]]?.string {
            case "/status":
                guard let code = operation[["value"]]?.string.flatMap(R4.TaskStatus.init(rawValue:)) else {
                    throw R4.Refusal(.codeInvalid, "The status is a code of task-status.", at: ["Task.status"])
                }
                status = code
            case "/statusReason": reason = operation[["value", "text"]]?.string
            case "/statusReason/text": reason = operation[["value"]]?.string
            default:
                throw R4.Refusal(.notSupported, "A sender may change /status and /statusReason.", at: ["Task"])
            }
        }
        guard let status else {
            throw R4.Refusal(.required, "The patch must set /status.", at: ["Task.status"])
        }
        return Change(status: status, reason: reason)
    }

    private func update(
        _ id: UUID, to change: Change, expecting version: Int?, _ caller: FHIRCaller, _ context: APIContext
    ) async throws -> Response {
        try await work(caller, context) { work in
            guard let taken = try await store.sent(id, .task, by: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            if let version, version != taken.stored.shown.version { throw Problem.stale }
            // Judged by what the sender is shown: a refusal must not tell it more than a read.
            let shown = R4.TaskStatus(rawValue: taken.view.status.rawValue) ?? .requested
            do throws(TaskLife.Refusal) {
                try TaskLife.check(from: shown, to: change.status, by: .requester, reason: change.reason)
            } catch {
                throw R4.Refusal([error.issue(from: shown, to: change.status)])
            }
            var changed = taken
            if change.status != shown {
                changed = try await apply(change, to: id, from: shown, expecting: version, caller, in: work)
                try store.record(changed, told: .update, context, in: work)
            } else {
                try store.record(changed, told: .read, context, in: work)
            }
            return try FHIRAnswer.resource(await task(changed, id, caller, in: work))
        }
    }

    private func apply(
        _ change: Change, to id: UUID, from shown: R4.TaskStatus, expecting version: Int?, _ caller: FHIRCaller,
        in work: Work
    ) async throws -> TakenIn {
        let actor = Referral.Actor(.requester, caller.clientID)
        do {
            let changed = try await store.changeSent(id, .task, by: caller.partnerID, expecting: version, in: work) {
                current, referral in
                switch change.status {
                case .cancelled: try current.cancel(referral, because: change.reason, by: actor, at: work.now)
                case .requested: try current.request(referral, by: actor, at: work.now)
                default: try current.withdrawAsError(referral, because: change.reason, by: actor, at: work.now)
                }
            }
            if change.status == .requested { try await activateOrder(of: changed, caller, in: work) }
            return changed
        } catch is Referral.Refusal {
            // It moved on, perhaps unseen: what the sender was shown is what it is told.
            throw R4.Refusal([TaskLife.Refusal.noSuchStep.issue(from: shown, to: change.status)])
        }
    }

    /// That its Task is requested makes a draft's order one.
    private func activateOrder(of taken: TakenIn, _ caller: FHIRCaller, in work: Work) async throws {
        guard let alias = taken.senderIDs?.referralID,
            let received = try await store.received("ServiceRequest", alias, of: caller.partnerID, in: work)
        else { return }
        let document = try FHIRDocument.parse(received.content)
        guard document[["status"]] == "draft" else { return }
        try await store.keepOrder(document.settingStatus("active").serialized(), of: taken, in: work)
    }
}
