internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// How a referral went, as its sender was shown it: the versions of the Task. What is seen of them follows the same
/// rules as a read, asked now: what rested on a consent that is no longer in force is not there.
extension FHIRRoutes {
    @Sendable
    func readTaskHistory(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withVersions(context) { versions, rendered in
            let bundle = R4.Bundle.history(
                versions: try versions.map { version in
                    let isFirst = version.stored.shown.version == 1
                    let document = try rendered(version)
                    return (
                        fullURL: "\(baseURL)/Task/\(document.id ?? "")", method: isFirst ? "POST" : "PUT",
                        status: isFirst ? "201 Created" : "200 OK", document: document
                    )
                },
                at: clock.now()
            )
            return try FHIRAnswer.resource(bundle)
        }
    }

    @Sendable
    func readTaskVersion(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted: String = try context.parameter("vid")
        return try await withVersions(context) { versions, rendered in
            guard let version = versions.first(where: { String($0.stored.shown.version) == wanted }) else {
                throw Problem.hidden
            }
            return try FHIRAnswer.resource(rendered(version))
        }
    }

    /// The versions of one's own Task that one may see, the newest first, and how one of them reads.
    private func withVersions(
        _ context: APIContext,
        _ answer: @Sendable ([TakenIn], (TakenIn) throws -> FHIRDocument) throws -> Response
    ) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.read, "Task")
        let id = try context.alias("id")
        return try await work(caller, context) { work in
            guard let taken = try await store.sent(id, .task, by: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            let versions = try await store.shownVersions(of: taken, in: work)
            let rendering = ResourceRendering(agency: try await store.agency(in: work))
            let received = try await store.received("Task", id, of: caller.partnerID, in: work)
            let response = try answer(versions) { try rendering.task($0, received: received, notice: .full) }
            try store.record(taken, told: .read, context, in: work)
            return response
        }
    }
}
