internal import FHIR
internal import FoundationEssentials
internal import Models
internal import Postgres
internal import ReferralsDomain

/// One search of what a partner sent: it walks the partner's referrals and keeps those whose resource meets the filters.
struct SentSearch: Sendable {
    static let cursorName = "_cursor"
    private static let usualCount = 50
    private static let rowsAtOnce = 200

    let type: SearchedType
    let query: R4.SearchQuery
    let items: [R4.SearchQuery.Item]
    let caller: FHIRCaller
    let store: Store
    let baseURL: String
    let rendering: ResourceRendering
    /// How many rows one request looks at; a rarer match is found by following `next`.
    let mostRows: Int

    /// A referral with the resource that was asked for.
    struct Match: Sendable {
        let taken: TakenIn
        let document: FHIRDocument
    }

    /// A page of what was found.
    struct Found: Sendable {
        var matches: [Match] = []
        /// The cursor of the next page; nil where nothing is left.
        var next: String?
        var isFirstPage: Bool
    }

    private var rowsAtOnce: Int { min(Self.rowsAtOnce, mostRows) }

    /// The matches from where the cursor stands.
    ///
    /// - Throws: `too-costly` for a count that would look at more rows than one request may.
    func find(in work: Work) async throws -> Found {
        let wanted = query.onlyCounts ? Int.max : max(1, query.count ?? Self.usualCount)
        var position = try await start(in: work)
        var found = Found(isFirstPage: position == lowest)
        let statuses = statuses
        if statuses?.isEmpty ?? false { return found }
        var (cursor, rows): (String?, Int) = (nil, 0)
        while true {
            let page = try await page(after: position, statuses, in: work)
            for match in try await matches(among: page.items, in: work) {
                if found.matches.count == wanted {
                    found.next = cursor
                    return found
                }
                found.matches.append(match)
                cursor = Self.cursor(match.taken)
            }
            guard let next = page.next else { return found }
            position = next
            rows += rowsAtOnce
            if rows >= mostRows {
                guard !query.onlyCounts else { throw R4.Refusal.tooManyToCount(mostRows) }
                found.next = page.last.flatMap(Self.cursor)
                return found
            }
        }
    }

    /// Of these referrals those whose resource meets every filter.
    private func matches(among items: [TakenIn], in work: Work) async throws -> [Match] {
        let documents = try await documents(type.name, of: items, in: work)
        var behind: [String: [ReferralID: FHIRDocument]] = [:]
        for chain in type.chains where query.filters.contains(where: { $0.through == chain.parameter }) {
            behind[chain.parameter] = try await self.documents(chain.type, of: items, in: work)
        }
        return items.compactMap { taken in
            let id = taken.stored.referral.referralID
            guard let document = documents[id] else { return nil }
            let isMatch = query.filters.allSatisfy { filter in
                guard let parameter = filter.through else {
                    return filter.matches(document, known: type.parameters, baseURL: baseURL)
                }
                guard let chain = type.chains.first(where: { $0.parameter == parameter }),
                    let target = behind[parameter]?[id]
                else { return false }
                return filter.matches(target, known: chain.parameters, baseURL: baseURL)
            }
            return isMatch ? Match(taken: taken, document: document) : nil
        }
    }

    /// The Tasks or the orders of referrals, as the caller may see them, in one statement.
    func documents(
        _ type: String, of items: [TakenIn], in work: Work
    ) async throws -> [ReferralID: FHIRDocument] {
        let isTask = type == "Task"
        func alias(_ ids: SenderIDs) -> UUID { isTask ? ids.taskID : ids.referralID }
        let received = try await store.received(
            type, items.compactMap { $0.senderIDs.map(alias) }, of: caller.partnerID, in: work)
        var documents: [ReferralID: FHIRDocument] = [:]
        for taken in items {
            guard let ids = taken.senderIDs else { continue }
            documents[taken.stored.referral.referralID] =
                isTask
                ? try rendering.task(taken, received: received[alias(ids)], notice: .short)
                : try rendering.order(taken, received: received[alias(ids)])
        }
        return documents
    }

    /// Where `_id` says which, those; otherwise the next of all.
    private func page(
        after position: ShownPosition, _ statuses: [ReferralStatus]?, in work: Work
    ) async throws -> SentPage {
        guard let named = try query.namedIDs(atMost: Self.rowsAtOnce) else {
            return try await store.sent(
                by: caller.partnerID, statuses: statuses, after: position, limit: rowsAtOnce, in: work)
        }
        let kind: AliasKind = type == .task ? .task : .referral
        let items = try await store.sent(named, kind, by: caller.partnerID, in: work)
        return SentPage(items: items.filter { $0.stored.shownPosition > position }, last: nil, next: nil)
    }

    /// The statuses that the database can choose by; nil for any, empty for none at all.
    private var statuses: [ReferralStatus]? {
        guard type == .task else { return nil }
        var chosen: Set<String>?
        for filter in query.filters where filter.parameter == "status" && filter.through == nil {
            guard case .tokens(let tokens) = filter.condition, tokens.allSatisfy({ $0.code != nil }) else { continue }
            let codes = Set(tokens.compactMap(\.code))
            chosen = chosen.map { $0.intersection(codes) } ?? codes
        }
        return chosen.map { $0.sorted().compactMap(ReferralStatus.init(rawValue:)) }
    }

    /// Where to begin: behind the last page, or at the earliest moment that `_lastUpdated` allows.
    private func start(in work: Work) async throws -> ShownPosition {
        guard let cursor = items.first(where: { $0.name == Self.cursorName })?.value else { return lowest }
        let parts = cursor.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let micros = Int64(parts[0]), let task = UUID(uuidString: String(parts[1])),
            let id: ReferralID = try await store.resolve(task, .task, of: caller.partnerID, in: work)
        else {
            throw R4.Refusal(.value, "Follow the next link as it is.", at: [Self.cursorName])
        }
        return ShownPosition(at: Instant(microseconds: micros), referralID: id)
    }

    /// A Task's `_lastUpdated` is when it was last shown; an order's may be earlier.
    private var lowest: ShownPosition {
        guard type == .task else { return .start }
        let bounds = query.filters.compactMap { filter -> Instant? in
            guard filter.parameter == "_lastUpdated", filter.through == nil, case .dates(let dates) = filter.condition,
                dates.count == 1
            else { return nil }
            return dates[0].span?.from
        }
        return bounds.max().map(ShownPosition.since) ?? .start
    }

    /// Only the sender's own ids go out: the cursor names the Task behind which the next page begins.
    private static func cursor(_ taken: TakenIn) -> String? {
        taken.senderIDs.map { "\(taken.stored.shown.at.microseconds).\($0.taskID.lowercasedText)" }
    }
}
