internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What comes along with referrals: found again, and sent after them.
extension FHIRRoutes {
    /// Types of which one's own are found by searching; consents have a search of their own.
    static let searchedCompanions = (carried + ["Organization"]).filter { $0 != "Consent" }
    /// Types that may come after the referral, about somebody whom the sender has referred.
    static let laterCompanions = carried.filter { R4.SearchParameter.person(of: $0) != nil }

    private static let cursorName = "_cursor"
    private static let usualCount = 50
    private static let rowsAtOnce = 200

    func addCompanions(to routes: inout Routes) {
        for type in Self.searchedCompanions {
            add(.get, "/fhir/\(type)", "fhirSearch\(type)", "Every \(type) that one sent.", to: &routes) {
                request, context in try await searchCompanions(type, request, context)
            }
        }
        for type in Self.laterCompanions {
            add(
                .post, "/fhir/\(type)", "fhirCreate\(type)", "A \(type) of somebody who was referred.", to: &routes
            ) { request, context in
                try await postCompanion(type, request, context)
            }
        }
    }

    private func searchCompanions(
        _ type: String, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.search, type)
        let items = R4.SearchQuery.items(of: request.uri.query ?? "")
        // Who asks for a Patient by a number must not be answered with every Patient.
        let query = try R4.SearchQuery(
            items, known: R4.SearchParameter.companion(type), control: [Self.cursorName],
            handling: Self.handling(request, otherwise: .strict))
        let cursor = items.first { $0.name == Self.cursorName }?.value
        let start = try cursor.map { text throws(R4.Refusal) -> UUID in
            guard let id = UUID(uuidString: text) else {
                throw R4.Refusal(.value, "Follow the next link as it is.", at: [Self.cursorName])
            }
            return id
        }
        return try await work(caller, context) { work in
            let found = try await find(type, query, after: start ?? ReferralID.first.rawValue, caller, in: work)
            try store.record(found.matches.map(\.taken), toldTo: caller.partnerID, context, in: work)
            func url(_ items: [R4.SearchQuery.Item]) -> String {
                let pairs = items.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
                return "\(baseURL)/\(type)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
            }
            var links = [(relation: "self", url: url(query.used))]
            if let next = found.next {
                links.append(("next", url(query.used + [.init(Self.cursorName, next.lowercasedText)])))
            }
            return try FHIRAnswer.resource(
                R4.Bundle.searchset(
                    matches: query.onlyCounts
                        ? [] : found.matches.map { ("\(baseURL)/\(type)/\($0.document.id ?? "")", $0.document) },
                    total: start == nil && found.next == nil ? found.matches.count : nil, links: links, at: work.now,
                    outcome: query.warnings.isEmpty || query.onlyCounts ? nil : R4.OperationOutcome(query.warnings)))
        }
    }

    private struct Found: Sendable {
        var matches: [(document: FHIRDocument, taken: TakenIn)] = []
        /// Behind which the next page begins; nil where nothing is left.
        var next: UUID?
    }

    /// The matches behind an id, looking at so many rows at most.
    private func find(
        _ type: String, _ query: R4.SearchQuery, after start: UUID, _ caller: FHIRCaller, in work: Work
    ) async throws -> Found {
        let known = R4.SearchParameter.companion(type)
        let wanted = query.onlyCounts ? Int.max : max(1, query.count ?? Self.usualCount)
        let reading = CompanionReading(
            store: store, partnerID: caller.partnerID,
            rendering: ResourceRendering(agency: try await store.agency(in: work)))
        var (found, last, position, rows) = (Found(), UUID?.none, start, 0)
        while true {
            let page = try await page(type, query, after: position, caller, in: work)
            for resource in try await reading.documents(of: page.items, in: work)
            where query.filters.allSatisfy({ $0.matches(resource.document, known: known, baseURL: baseURL) }) {
                if found.matches.count == wanted {
                    found.next = last
                    return found
                }
                found.matches.append(resource)
                last = resource.document.id.flatMap(UUID.init(uuidString:))
            }
            guard let next = page.next else { return found }
            position = next
            rows += page.items.count
            if rows >= mostRows {
                guard !query.onlyCounts else { throw R4.Refusal.tooManyToCount(mostRows) }
                found.next = position
                return found
            }
        }
    }

    /// Where `_id` says which, those; otherwise the next of all.
    private func page(
        _ type: String, _ query: R4.SearchQuery, after position: UUID, _ caller: FHIRCaller, in work: Work
    ) async throws -> (items: [StoredResource], next: UUID?) {
        if let named = try query.namedIDs(atMost: Self.rowsAtOnce) {
            let found = try await store.received(type, named, of: caller.partnerID, in: work)
            return (found.values.filter { $0.aliasID > position }.sorted { $0.aliasID < $1.aliasID }, nil)
        }
        let limit = min(Self.rowsAtOnce, mostRows)
        let items = try await store.received(type, of: caller.partnerID, after: position, limit: limit, in: work)
        return (items, items.count == limit ? items.last?.aliasID : nil)
    }
}
