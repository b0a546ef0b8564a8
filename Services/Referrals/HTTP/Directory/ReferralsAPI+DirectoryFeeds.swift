internal import Hummingbird
internal import MessageTable
internal import Models
internal import NIOCore
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Feeding the directory, and what became of each feed. Nothing is fetched from the internet: feeds are sent here.
extension ReferralsAPI {
    func addDirectoryFeeds(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/directory/feeds/{feed}/imports", "importDirectoryFeed",
                "Bring the directory up to a feed: answers with the report of what changed and what was refused",
                access: .directoryKeepers, discloses: [], bodyLimit: 32 << 20,
                consumes: ["application/json", "text/csv"]
            ),
            importFeed
        )
        routes.add(
            Route(
                .get, "/v1/directory/feeds", "listDirectoryFeeds", "The feeds, and how much of each is listed",
                access: .directoryKeepers, discloses: []
            )
        ) { _, context in
            try await inWork(context) { work in
                let feeds = try await store.directoryFeeds(in: work)
                try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
                return try .ok(Page(items: feeds.map(DirectoryFeedView.init), next: nil))
            }
        }
        routes.add(
            Route(
                .get, "/v1/directory/feeds/{feed}/imports", "listDirectoryImports",
                "What became of a feed, the latest first", access: .directoryKeepers, discloses: []
            ),
            listImports
        )
        routes.add(
            Route(
                .get, "/v1/directory/feeds/{feed}/imports/{importID}", "readDirectoryImport",
                "One report, with what was refused and why", access: .directoryKeepers, discloses: []
            ),
            readImport
        )
    }

    /// Sending the same again changes nothing. It is read before the transaction: that takes long and locks nothing.
    func importFeed(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.parameter("feed", as: String.self)
        guard DirectoryFeed.isName(name) else { throw Problem.notFound }
        guard let kind = FeedKind(rawValue: try request.query("kind", as: String.self) ?? "") else {
            throw Problem.invalid("kind", "one of \(FeedKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let body = Array(context.body.readableBytesView)
        let feed = SentFeed(
            name: name, kind: kind,
            defaults: FeedDefaults(
                fellowship: try request.code("fellowship"), zone: try request.query("zone", as: String.self),
                assuredAt: try request.query("assuredAt", as: Instant.self)),
            body: body, approves: try request.query("approves", as: DirectoryImportID.self),
            by: try context.principal.subject)
        let reading = kind.read(body, feed.defaults)
        return try await inWork(context) { work in
            let report = try await store.take(feed, readAs: reading, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .created(
                DirectoryImportView(report), at: "/v1/directory/feeds/\(name)/imports/\(report.importID)")
        }
    }

    func listImports(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.parameter("feed", as: String.self)
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: DirectoryImportID.self) }
        return try await inWork(context) { work in
            let reports = try await store.directoryImports(
                of: name, before: before, atMost: page.limit + 1, in: work)
            let found = Page(reports, limit: page.limit) { [$0.importID.description] }
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            return try .ok(Page(items: found.items.map(DirectoryImportView.init), next: found.next))
        }
    }

    func readImport(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.parameter("feed", as: String.self)
        let id = try context.parameter("importID", as: DirectoryImportID.self)
        return try await inWork(context) { work in
            let report = try await store.directoryImport(id, of: name, in: work)
            try work.tx.audit(AuditRecord(.read, under: try context.permit()), context)
            return try .ok(DirectoryImportView(report))
        }
    }
}

extension Route.Access {
    /// Those who keep the directory in order.
    static let directoryKeepers = Route.Access.roles(.coordinator, .supervisor, .operator)
}

extension Request {
    /// A query parameter that is one of a list of codes.
    ///
    /// - Throws: 422 with the list.
    func code<Code: RawRepresentable<String> & CaseIterable>(
        _ name: String, as _: Code.Type = Code.self
    ) throws(Problem) -> Code? {
        guard let text = try query(name, as: String.self) else { return nil }
        guard let code = Code(rawValue: text) else {
            throw .invalid(name, "one of \(Code.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return code
    }
}
