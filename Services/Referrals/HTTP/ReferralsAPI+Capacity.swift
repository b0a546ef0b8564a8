internal import Hummingbird
internal import MessageTable
internal import Models
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addCapacity(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/capacity", "listCapacity", "Which programmes can take somebody on, as last stated",
                access: .officeAndPartners, discloses: []
            ),
            listCapacity
        )
        routes.add(
            Route(
                .put, "/v1/capacity/{programme}", "stateCapacity", "Say whether a programme can take somebody on now",
                access: .office, discloses: [], bodyLimit: 16 * 1024
            ),
            stateCapacity
        )
    }

    func listCapacity(_ request: Request, _ context: APIContext) async throws -> Response {
        try await inWork(context) { work in
            let stated = try await store.capacity(in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            return try .ok(CapacityList(items: stated.map { CapacityView($0, at: work.now) }))
        }
    }

    func stateCapacity(_ request: Request, _ context: APIContext) async throws -> Response {
        let programme = ProgrammeCode(rawValue: try context.parameter("programme", as: String.self))
        guard ReferralRequest.programmes.contains(programme) else { throw Problem.notFound }
        let body = try await request.decode(CapacityBody.self, context: context)
        guard body.notes.map({ (1...300).contains($0.count) }) ?? true else {
            throw Faults([Fault("/notes", "1 to 300 characters")])
        }
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let stated = try await store.state(
                body.status, of: programme, notes: body.notes?.nonBlank, by: subject, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .ok(CapacityView(stated, at: work.now), etag: stated.version)
        }
    }
}

/// `PUT /v1/capacity/{programme}`.
struct CapacityBody: Decodable, Sendable {
    var status: ProgrammeCapacity.Status
    /// Of the service, never of a person: hospitals read it.
    var notes: String?
}

struct CapacityList: Encodable {
    let items: [CapacityView]
}

/// What was stated about a programme, and whether it still can be relied on.
struct CapacityView: Encodable {
    let programme: ProgrammeCode
    let status: ProgrammeCapacity.Status
    let notes: String?
    let statedAt: Instant
    let isStale: Bool
    let version: Int

    init(_ stated: ProgrammeCapacity, at now: Instant) {
        (programme, status, notes) = (stated.programme, stated.status, stated.notes)
        (statedAt, isStale, version) = (stated.statedAt, stated.isStale(at: now), stated.version)
    }
}
