internal import Confidentiality
internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import NIOCore
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// A type of which one's own are found by searching.
struct SearchedType: Hashable, Sendable {
    let name: String
    let parameters: [R4.SearchParameter]
    let includes: [R4.SearchInclude]
    /// By `_revinclude`.
    let reverseIncludes: [R4.SearchInclude]
    let chains: [R4.SearchChain]

    static let task = SearchedType(
        name: "Task", parameters: R4.SearchParameter.task, includes: R4.SearchInclude.task, reverseIncludes: [],
        chains: R4.SearchChain.task)

    static let order = SearchedType(
        name: "ServiceRequest", parameters: R4.SearchParameter.serviceRequest,
        includes: R4.SearchInclude.serviceRequest, reverseIncludes: [R4.SearchInclude("Task:focus", at: "focus")],
        chains: [])
}

/// Finding one's own referrals, in the order in which something new was to be seen of them.
extension FHIRRoutes {
    @Sendable
    func searchTasks(_ request: Request, _ context: APIContext) async throws -> Response {
        try await search(.task, request, context)
    }

    @Sendable
    func searchOrders(_ request: Request, _ context: APIContext) async throws -> Response {
        try await search(.order, request, context)
    }

    private func search(_ type: SearchedType, _ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.search, type.name)
        // A client that keeps what it asks out of URLs posts the same as a form (R4 §3.1.1.1.1).
        let form = request.method == .post ? String(buffer: context.body) : request.uri.query ?? ""
        let items = R4.SearchQuery.items(of: form)
        let query = try R4.SearchQuery(
            items, known: type.parameters, includes: Set(type.includes.map(\.name)),
            reverseIncludes: Set(type.reverseIncludes.map(\.name)), chains: type.chains,
            control: [SentSearch.cursorName], handling: Self.handling(request))
        // To be found by what another resource says is to learn what that one says.
        for chain in type.chains where query.filters.contains(where: { $0.through == chain.parameter }) {
            try caller.require(.search, chain.type)
        }
        return try await work(caller, context) { work in
            let search = SentSearch(
                type: type, query: query, items: items, caller: caller, store: store, baseURL: baseURL,
                rendering: ResourceRendering(agency: try await store.agency(in: work)), mostRows: mostRows)
            let found = try await search.find(in: work)
            let included = query.onlyCounts ? .init() : try await search.included(with: found.matches, in: work)
            try store.record(
                found.matches.map(\.taken) + included.taken, toldTo: caller.partnerID, context, in: work)
            return try FHIRAnswer.resource(bundle(type, query, found, included.documents, at: work.now))
        }
    }

    private func bundle(
        _ type: SearchedType, _ query: R4.SearchQuery, _ found: SentSearch.Found, _ included: [FHIRDocument],
        at now: Instant
    ) -> FHIRDocument {
        var links = [(relation: "self", url: url(type, query.used))]
        if let next = found.next {
            links.append(("next", url(type, query.used + [.init(SentSearch.cursorName, next)])))
        }
        func address(_ document: FHIRDocument) -> String { "\(baseURL)/\(document.resourceType)/\(document.id ?? "")" }
        var issues = query.warnings
        let showsTasks = type == .task || !query.reverseIncludes.isEmpty
        if showsTasks, found.matches.contains(where: { $0.taken.view.tellsProgress }) {
            issues.append(R4.Issue(.informational, RedisclosureNotice.full, severity: .information))
        }
        let isWhole = found.isFirstPage && found.next == nil
        return R4.Bundle.searchset(
            matches: query.onlyCounts ? [] : found.matches.map { (address($0.document), $0.document) },
            included: included.map { (address($0), $0) },
            total: isWhole ? found.matches.count : nil, links: links, at: now,
            outcome: issues.isEmpty || query.onlyCounts ? nil : R4.OperationOutcome(issues)
        )
    }

    private func url(_ type: SearchedType, _ items: [R4.SearchQuery.Item]) -> String {
        let pairs = items.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        return "\(baseURL)/\(type.name)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// What to do with parameters that are not known: as the client prefers.
    static func handling(
        _ request: Request, otherwise: R4.SearchQuery.Handling = .lenient
    ) -> R4.SearchQuery.Handling {
        .init(preferHeader: HTTPField.Name("Prefer").flatMap { request.headers[$0] }, otherwise: otherwise)
    }

    static func escaped(_ text: String) -> String {
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
}

extension R4.SearchQuery {
    /// What the answer says of parameters that were left out.
    var warnings: [R4.Issue] {
        ignored.isEmpty
            ? [] : [R4.Issue(.notSupported, "A parameter that is not supported was left out.", severity: .warning)]
    }

    /// The resources that `_id` names; nil where it was not asked.
    func namedIDs(atMost most: Int) throws(R4.Refusal) -> [UUID]? {
        for filter in filters where filter.parameter == "_id" && filter.through == nil {
            guard case .tokens(let tokens) = filter.condition else { continue }
            guard tokens.count <= most else {
                throw R4.Refusal(.tooCostly, "At most \(most) ids are looked for at once.", at: ["_id"])
            }
            return tokens.compactMap { $0.code.flatMap(UUID.init(uuidString:)) }
        }
        return nil
    }
}

extension R4.Refusal {
    /// A count that is cut short would be a wrong number, and nobody could tell.
    static func tooManyToCount(_ most: Int) -> R4.Refusal {
        R4.Refusal(
            .tooCostly, "More than \(most) resources would be looked at: narrow the search, or go through its pages.",
            at: ["_summary"])
    }
}
