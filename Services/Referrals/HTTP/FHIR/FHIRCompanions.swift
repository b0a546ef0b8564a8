internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
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
        let known = R4.SearchParameter.companion(type)
        let query = try R4.SearchQuery(
            items, known: known, control: [Self.cursorName],
            handling: R4.SearchQuery.Handling(preferHeader: HTTPField.Name("Prefer").flatMap { request.headers[$0] }))
        let cursor = items.first { $0.name == Self.cursorName }?.value
        let start = try cursor.map { text throws(R4.Refusal) -> UUID in
            guard let id = UUID(uuidString: text) else {
                throw R4.Refusal(.value, "Follow the next link as it is.", at: [Self.cursorName])
            }
            return id
        }
        return try await work(caller, context) { work in
            let wanted = query.onlyCounts ? Int.max : max(1, query.count ?? Self.usualCount)
            var (position, next) = (start ?? ReferralID.first.rawValue, String?.none)
            var matches: [(document: FHIRDocument, taken: TakenIn)] = []
            search: while true {
                let page = try await store.received(
                    type, of: caller.partnerID, after: position, limit: Self.rowsAtOnce, in: work)
                for (document, taken) in try await documents(of: page, caller, in: work)
                where query.filters.allSatisfy({ $0.matches(document, known: known, baseURL: baseURL) }) {
                    if matches.count == wanted {
                        next = matches.last?.document.id
                        break search
                    }
                    matches.append((document, taken))
                }
                guard page.count == Self.rowsAtOnce, let last = page.last else { break }
                position = last.aliasID
            }
            try store.record(matches.map(\.taken), toldTo: caller.partnerID, context, in: work)
            func url(_ items: [R4.SearchQuery.Item]) -> String {
                let pairs = items.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
                return "\(baseURL)/\(type)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
            }
            var links = [(relation: "self", url: url(query.used))]
            if let next { links.append(("next", url(query.used + [.init(Self.cursorName, next)]))) }
            return try FHIRAnswer.resource(
                R4.Bundle.searchset(
                    matches: query.onlyCounts
                        ? [] : matches.map { ("\(baseURL)/\(type)/\($0.document.id ?? "")", $0.document) },
                    total: start == nil && next == nil ? matches.count : nil, links: links, at: work.now))
        }
    }

    /// Each resource as its sender reads it, with the referral that it belongs to.
    private func documents(
        of page: [StoredResource], _ caller: FHIRCaller, in work: Work
    ) async throws -> [(FHIRDocument, TakenIn)] {
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        let referrals = try await store.load(Array(Set(page.map(\.referralID))).sorted(), in: work)
            .filter { $0.referral.partnerID == caller.partnerID }
        let taken = try await store.answers(referrals, to: caller.partnerID, in: work)
        let byID = Dictionary(taken.map { ($0.stored.referral.referralID, $0) }, uniquingKeysWith: { $1 })
        return try page.compactMap { stored in
            guard let taken = byID[stored.referralID] else { return nil }
            return (try rendering.other(stored, ids: taken.senderIDs), taken)
        }
    }

    private func postCompanion(_ type: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, type)
        let document = try document(request, context)
        guard document.resourceType == type else {
            throw R4.Refusal(.invalid, "The resource is of the type that the URL names.", at: ["resourceType"])
        }
        let element = R4.SearchParameter.person(of: type) ?? ""
        let unknown = R4.Refusal(.notFound, "It is about nobody whom you referred.", at: ["\(type).\(element)"])
        let place = document.references(at: [element], baseURL: baseURL).first
        guard let place, place.type == "Patient", let alias = UUID(uuidString: place.id) else { throw unknown }
        let condition = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        let wanted = condition.flatMap { R4.SearchQuery.items(of: $0).identifier }
        let own = ownID(of: wanted.map { "\(type)|\($0.system ?? "")|\($0.value ?? "")" }, document, caller)
        return try await work(caller, context) { work in
            guard
                let participant: ParticipantID = try await store.resolve(
                    alias, .participant, of: caller.partnerID, in: work)
            else { throw unknown }
            // Two equal ones at once: the second waits here, and finds the first one's.
            let person = try await store.lockPerson(participant, in: work)
            guard !person.isErased,
                let taken = try await store.latestReferral(
                    of: person, knownAs: participant, by: caller.partnerID, in: work)
            else { throw unknown }
            let isKnown = try await store.received(type, own, of: caller.partnerID, in: work) != nil
            if !isKnown {
                try await store.keep(type, own, document.serialized(), with: taken, of: person, in: work)
            }
            guard let stored = try await store.received(type, own, of: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            try store.record(taken, told: isKnown ? .read : .create, context, in: work)
            let rendering = ResourceRendering(agency: try await store.agency(in: work))
            return try FHIRAnswer.resource(
                try rendering.other(stored, ids: taken.senderIDs), status: isKnown && wanted != nil ? .ok : .created,
                at: "\(baseURL)/\(type)/\(own.lowercasedText)/_history/\(stored.version)")
        }
    }
}
