internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// "This is wrong", in one tap, and "I have asked: it is right".
extension ReferralsAPI {
    func addDirectoryFlags(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/directory/entries/{entryID}/flags", "flagDirectoryEntry",
                "Say that an entry is wrong; who said it is not kept with it", access: .anyone, discloses: [],
                bodyLimit: 1024
            ),
            flagEntry
        )
        routes.add(
            Route(
                .get, "/v1/directory/flags", "listDirectoryFlags", "Entries that somebody says are wrong",
                access: .directoryKeepers, discloses: []
            ),
            listFlags
        )
        routes.add(
            Route(
                .post, "/v1/directory/entries/{entryID}/assure", "assureDirectoryEntry",
                "Say that an entry is right today: it is fresh, and what was said against it is settled",
                access: .directoryKeepers, discloses: [], bodyLimit: 1024
            )
        ) { _, context in
            let id = try context.parameter("entryID", as: DirectoryEntryID.self)
            let subject = try context.principal.subject
            return try await inWork(context) { work in
                try await store.assure(id, by: subject, in: work)
                try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
                return .noContent
            }
        }
    }

    func flagEntry(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("entryID", as: DirectoryEntryID.self)
        let body = try await request.decode(DirectoryFlagBody.self, context: context)
        return try await inWork(context) { work in
            try await store.flag(id, body.reason, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return .noContent
        }
    }

    func listFlags(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in
            (entryID: try cursor.value(0, as: DirectoryEntryID.self), reason: try cursor.value(1, as: String.self))
        }
        return try await inWork(context) { work in
            let flags = try await store.directoryFlags(after: after, atMost: page.limit + 1, in: work)
            let found = Page(flags, limit: page.limit) { [$0.entryID.description, $0.reason] }
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            return try .ok(Page(items: found.items.map(DirectoryFlagView.init), next: found.next))
        }
    }
}

/// `POST …/flags`: a code only, so that nobody writes about a person here.
struct DirectoryFlagBody: Decodable, Sendable {
    var reason: DirectoryFlag.Reason
}

/// What somebody says is wrong.
struct DirectoryFlagView: Encodable {
    let entryID: DirectoryEntryID
    let name: String
    let reason: String
    let times: Int
    let firstAt: Instant
    let lastAt: Instant

    init(_ flag: DirectoryFlag) {
        (entryID, name, reason) = (flag.entryID, flag.name, flag.reason)
        (times, firstAt, lastAt) = (flag.times, flag.firstAt, flag.lastAt)
    }
}
