internal import Hummingbird
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// The directory for others: the HSDS 3.0 API, and a Meeting Guide feed of each fellowship.
extension ReferralsAPI {
    func addDirectoryExport(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/hsds", "hsdsBase", "What this HSDS API speaks", access: .anyone, discloses: []
            )
        ) { _, context in
            try await inWork(context) { work in
                try work.tx.audit(AuditRecord(.read, under: try context.permit()), context)
                return .ok(
                    [
                        "version": "3.0", "profile": "https://docs.openreferral.org/en/v3.0/hsds/overview.html",
                        "openapi_url": "/openapi.json",
                    ] as JSONValue)
            }
        }
        routes.add(
            Route(
                .get, "/hsds/services", "hsdsServices", "The directory's services, as HSDS 3.0 lists them",
                access: .anyone, discloses: []
            ),
            hsdsServices
        )
        routes.add(
            Route(
                .get, "/hsds/services/{entryID}", "hsdsService", "One service with all that belongs to it",
                access: .anyone, discloses: []
            )
        ) { _, context in
            let id = try context.parameter("entryID", as: DirectoryEntryID.self)
            return try await inWork(context) { work in
                let listed = try await store.directoryEntry(id, in: work)
                try work.tx.audit(AuditRecord(.read, under: try context.permit()), context)
                return .ok(JSONValue.object(listed.service.whole))
            }
        }
        routes.add(
            Route(
                .get, "/v1/directory/meeting-guide", "exportMeetingGuide",
                "The meetings of one fellowship as a Meeting Guide feed", access: .anyone, discloses: []
            ),
            meetingGuide
        )
    }

    func hsdsServices(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.query("page", as: Int.self) ?? 1
        let size = try request.query("per_page", as: Int.self) ?? 50
        let isWhole = try request.query("full", as: Bool.self) ?? false
        guard (1...1_000_000).contains(page) else { throw Problem.invalid("page", "1 to 1000000") }
        guard (1...PageRequest.largestLimit).contains(size) else {
            throw Problem.invalid("per_page", "1 to \(PageRequest.largestLimit)")
        }
        return try await inWork(context) { work in
            let (total, listed) = try await store.directoryServices(page: page, of: size, in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            let pages = (total + size - 1) / size
            let contents = listed.map { JSONValue.object(isWhole ? $0.service.whole : $0.service.listed) }
            return .ok(
                [
                    "total_items": .number(JSONNumber(total)), "total_pages": .number(JSONNumber(pages)),
                    "page_number": .number(JSONNumber(page)), "size": .number(JSONNumber(contents.count)),
                    "first_page": .bool(page == 1), "last_page": .bool(page >= pages),
                    "empty": .bool(contents.isEmpty), "contents": .array(contents),
                ] as JSONValue)
        }
    }

    func meetingGuide(_ request: Request, _ context: APIContext) async throws -> Response {
        let fellowship = try request.code("fellowship", as: DirectoryEntry.Fellowship.self) ?? .aa
        return try await inWork(context) { work in
            let listed = try await store.directoryMeetings(of: fellowship, atMost: Self.largestGuide + 1, in: work)
            guard listed.count <= Self.largestGuide else {
                throw Problem.conflict("feed-too-large", title: "The fellowship has more meetings than one feed holds")
            }
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            let meetings = listed.flatMap { listed in
                MeetingGuideMeeting(listed.entry, slug: listed.entryID.description, changedAt: listed.changedAt)
                    .meetings
            }
            return .ok(JSONValue.array(meetings))
        }
    }

    /// Some 20 MB.
    private static var largestGuide: Int { 40_000 }
}
