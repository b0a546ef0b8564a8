internal import FoundationEssentials
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Looking for help near somebody, or online.
extension ReferralsAPI {
    func addDirectorySearch(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/directory/search", "searchDirectory",
                "Services and meetings near a place, or online: the nearest first, stale listings further down",
                access: .anyone, discloses: []
            ),
            searchDirectory
        )
    }

    func searchDirectory(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try DirectoryQuery(request, now: clock.now())
        return try await inWork(context) { work in
            let rows: [FoundEntry]
            do {
                rows =
                    if let place = query.place {
                        try await store.search(query.search, near: place, within: query.radius, in: work)
                    } else {
                        try await store.searchOnline(query.search, in: work)
                    }
            } catch let error as PostgresError where error.sqlState == "22023" {
                // The zones of entries were looked up when they were taken.
                throw Problem.invalid("zone", "an IANA time zone such as America/New_York")
            }
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            let at = query.search.at
            // The time goes with the cursor: a rank depends on it.
            let page = Page(rows.map { FoundEntryView(found: $0, at: at) }, limit: query.search.limit) {
                [String($0.found.rank), $0.found.entryID.description, at.description]
            }
            return .ok(page)
        }
    }
}

/// What the parameters of a search ask for.
struct DirectoryQuery {
    var search: DirectorySearch
    /// Nil: online, from anywhere.
    let place: GeoPosition?
    let radius: Double

    /// How the help is given.
    enum Modality: String, CaseIterable {
        case inPerson = "in-person"
        case online
    }

    /// - Throws: 422 pointing at the parameter.
    init(_ request: Request, now: Instant) throws(Problem) {
        let page = try request.page()
        search = DirectorySearch(at: try request.query("at", as: Instant.self) ?? now)
        search.limit = page.limit
        if let cursor = page.cursor {
            let rank = try cursor.value(0, as: Double.self)
            guard rank.isFinite else { throw .invalid("cursor", "not a cursor of this list") }
            search.after = (rank, try cursor.value(1, as: DirectoryEntryID.self))
            search.at = try cursor.value(2, as: Instant.self)
        }
        search.isOnline = try request.code("modality", as: Modality.self) == .online
        place = try request.place("near")
        guard place != nil || search.isOnline else { throw .invalid("near", "a place, or modality=online") }
        radius = try request.query("within", as: Double.self) ?? 25
        guard radius > 0, radius <= 200 else { throw .invalid("within", "more than 0 to 200 km") }
        let kind = try request.code("kind", as: DirectoryEntry.Kind.self)
        let fellowship = try request.code("fellowship", as: DirectoryEntry.Fellowship.self)
        search.shelves = DirectoryEntry.Shelf.all.filter {
            (kind == nil || $0.kind == kind) && (fellowship == nil || $0.fellowship == fellowship)
        }
        search.zone = try request.query("zone", as: String.self) ?? "UTC"
        search.opensWithin = try request.query("opensWithin", as: Int.self)
        if try request.query("openNow", as: Bool.self) == true { search.opensWithin = 0 }
        guard (0...10_080).contains(search.opensWithin ?? 0) else {
            throw .invalid("opensWithin", "0 to 10080 minutes: a week")
        }
        search.hasPlaces = try request.query("hasPlaces", as: Bool.self) ?? false
        search.age = try request.query("age", as: Int.self)
        guard (0...130).contains(search.age ?? 0) else { throw .invalid("age", "0 to 130 years") }
        for (name, prefix) in [("tag", ""), ("need", "need:"), ("moud", "moud:"), ("language", "lang:")] {
            let words = try request.query(name, as: String.self)?.split(separator: ",") ?? []
            guard words.count <= 10, words.allSatisfy({ (1...60).contains($0.utf8.count) }) else {
                throw .invalid(name, "at most 10 words, separated by commas")
            }
            search.tags += words.map { prefix + $0 }
        }
    }
}
