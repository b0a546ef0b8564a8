internal import Confidentiality
internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Finding the Tasks of one's own referrals, in the order in which something new was to be seen.
extension FHIRRoutes {
    private static let cursorName = "_cursor"
    private static let usualCount = 50
    /// How many rows one request looks at; a rarer match is found by following `next`.
    private static let mostRows = 2000
    private static let rowsAtOnce = 200

    @Sendable
    func searchTasks(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.search, "Task")
        let items = R4.SearchQuery.items(of: request.uri.query ?? "")
        let handling = R4.SearchQuery.Handling(
            preferHeader: HTTPField.Name("Prefer").flatMap { request.headers[$0] }
        )
        let query = try R4.SearchQuery(
            items, known: R4.SearchParameter.task, includes: ["Task:focus"], control: [Self.cursorName],
            handling: handling
        )
        return try await work(caller, context) { work in
            let start = try await position(items, query, caller, in: work)
            let found = try await find(query, from: start, caller, in: work)
            let isDisclosure = found.matches.contains { $0.taken.view.tellsProgress }
            try store.record(found.matches.map(\.taken), toldTo: caller.partnerID, context, in: work)
            return FHIRAnswer.resource(bundle(query, found, isDisclosure: isDisclosure, at: work.now))
        }
    }

    private struct Match: Sendable {
        let taken: TakenIn
        let task: FHIRDocument
        let order: FHIRDocument?
    }

    private struct Found: Sendable {
        var matches: [Match] = []
        /// The cursor of the next page; nil where nothing is left.
        var next: String?
        var isFirstPage: Bool
    }

    private func find(
        _ query: R4.SearchQuery, from start: ShownPosition, _ caller: FHIRCaller, in work: Work
    ) async throws -> Found {
        let wanted = query.onlyCounts ? Int.max : max(1, query.count ?? Self.usualCount)
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        let statuses = Self.statuses(query)
        var found = Found(isFirstPage: start == Self.lowest(query))
        var position = start
        var cursor: String?
        var rows = 0
        if statuses?.isEmpty ?? false { return found }
        while true {
            let page = try await store.sent(
                by: caller.partnerID, statuses: statuses, after: position, limit: Self.rowsAtOnce, in: work
            )
            let tasks = try await store.received(
                "Task", page.items.compactMap { $0.senderIDs?.taskID }, of: caller.partnerID, in: work
            )
            for taken in page.items {
                let task = try rendering.task(
                    taken, received: taken.senderIDs.flatMap { tasks[$0.taskID] }, notice: .short
                )
                let isMatch = query.filters.allSatisfy {
                    $0.matches(task, known: R4.SearchParameter.task, baseURL: baseURL)
                }
                guard isMatch else { continue }
                if found.matches.count == wanted {
                    found.next = cursor
                    return try await included(query, found, rendering, caller, in: work)
                }
                found.matches.append(Match(taken: taken, task: task, order: nil))
                cursor = Self.cursor(taken)
            }
            rows += page.items.count
            guard let next = page.next else { break }
            position = next
            if rows >= Self.mostRows, !query.onlyCounts, let last = page.items.last {
                found.next = Self.cursor(last)
                break
            }
        }
        return try await included(query, found, rendering, caller, in: work)
    }

    /// Adds the orders where `_include=Task:focus` asks for them.
    private func included(
        _ query: R4.SearchQuery, _ found: Found, _ rendering: ResourceRendering, _ caller: FHIRCaller, in work: Work
    ) async throws -> Found {
        guard query.includes.contains("Task:focus") else { return found }
        try caller.require(.read, "ServiceRequest")
        let orders = try await store.received(
            "ServiceRequest", found.matches.compactMap { $0.taken.senderIDs?.referralID }, of: caller.partnerID,
            in: work
        )
        var found = found
        found.matches = try found.matches.map { match in
            let received = match.taken.senderIDs.flatMap { orders[$0.referralID] }
            return Match(
                taken: match.taken, task: match.task, order: try rendering.order(match.taken, received: received)
            )
        }
        return found
    }

    private func bundle(
        _ query: R4.SearchQuery, _ found: Found, isDisclosure: Bool, at now: Instant
    ) -> FHIRDocument {
        var links = [(relation: "self", url: url(query.used))]
        if let next = found.next {
            links.append(("next", url(query.used + [.init(Self.cursorName, next)])))
        }
        func address(_ document: FHIRDocument) -> String { "\(baseURL)/\(document.resourceType)/\(document.id ?? "")" }
        var issues: [R4.Issue] = []
        if !query.ignored.isEmpty {
            issues.append(
                R4.Issue(.notSupported, "A parameter that is not supported was left out.", severity: .warning)
            )
        }
        if isDisclosure {
            issues.append(R4.Issue(.informational, RedisclosureNotice.full, severity: .information))
        }
        let isWhole = found.isFirstPage && found.next == nil
        return R4.Bundle.searchset(
            matches: query.onlyCounts ? [] : found.matches.map { (address($0.task), $0.task) },
            included: query.onlyCounts ? [] : found.matches.compactMap(\.order).map { (address($0), $0) },
            total: isWhole ? found.matches.count : nil, links: links, at: now,
            outcome: issues.isEmpty || query.onlyCounts ? nil : R4.OperationOutcome(issues)
        )
    }

    private func url(_ items: [R4.SearchQuery.Item]) -> String {
        let pairs = items.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        return "\(baseURL)/Task" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "/"):
                String(Unicode.Scalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    /// The statuses that the database can choose by; nil for any, empty for none at all.
    private static func statuses(_ query: R4.SearchQuery) -> [ReferralStatus]? {
        var chosen: Set<String>?
        for filter in query.filters where filter.parameter == "status" {
            guard case .tokens(let tokens) = filter.condition, tokens.allSatisfy({ $0.code != nil }) else { continue }
            let codes = Set(tokens.compactMap(\.code))
            chosen = chosen.map { $0.intersection(codes) } ?? codes
        }
        return chosen.map { $0.sorted().compactMap(ReferralStatus.init(rawValue:)) }
    }

    /// Where to begin: behind the last page, or at the earliest moment that `_lastUpdated` allows.
    private func position(
        _ items: [R4.SearchQuery.Item], _ query: R4.SearchQuery, _ caller: FHIRCaller, in work: Work
    ) async throws -> ShownPosition {
        guard let cursor = items.first(where: { $0.name == Self.cursorName })?.value else { return Self.lowest(query) }
        let parts = cursor.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let micros = Int64(parts[0]), let task = UUID(uuidString: String(parts[1])),
            let id: ReferralID = try await store.resolve(task, .task, of: caller.partnerID, in: work)
        else {
            throw R4.Refusal(.value, "Follow the next link as it is.", at: [Self.cursorName])
        }
        return ShownPosition(at: Instant(microseconds: micros), referralID: id)
    }

    private static func lowest(_ query: R4.SearchQuery) -> ShownPosition {
        let bounds = query.filters.compactMap { filter -> Instant? in
            guard filter.parameter == "_lastUpdated", case .dates(let dates) = filter.condition, dates.count == 1 else {
                return nil
            }
            return dates[0].span?.from
        }
        return bounds.max().map(ShownPosition.since) ?? .start
    }

    /// Only the sender's own ids go out: the cursor names the Task behind which the next page begins.
    private static func cursor(_ taken: TakenIn) -> String? {
        taken.senderIDs.map { "\(taken.stored.shown.at.microseconds).\($0.taskID.uuidString.lowercased())" }
    }
}
