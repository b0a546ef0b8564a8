internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import ServiceKit

extension ForeignWalk {
    /// One route as one stranger.
    struct Attempt: Sendable {
        let walk: ForeignWalk
        let route: Route
        let principal: Principal
        var findings: [Finding] = []
        var requests = 0
        var hidden = 0
        var repeated = 0

        init(walk: ForeignWalk, route: Route, principal: Principal) {
            (self.walk, self.route, self.principal) = (walk, route, principal)
        }

        /// Ids in the path, with the versions that they may have.
        mutating func paths() async throws {
            for version in route.method == .get ? [1] : [1, 2, nil] {
                let (foreign, unknown) = try await compared("", version: version)
                guard !route.parameterNames.isEmpty else {
                    if let unknown { compare(foreign, unknown, in: "the body") }
                    refuseNames(foreign)
                    continue
                }
                for name in route.parameterNames where walk.known[name] == nil { note("the walk knows no \(name)") }
                if let unknown { compare(foreign, unknown, in: "the path") }
                if ![403, 404].contains(foreign.status), version != nil || foreign.status != 428 {
                    note("answered \(foreign.status) \(foreign.text)")
                }
                if foreign.status == 404, version == 1 { hidden += 1 }
                refuseNames(foreign)
            }
        }

        /// Ids in the query.
        mutating func filters() async throws {
            let names = Set(walk.known.keys).union(["patient", "subject", "focus", "_id", "owner", "status", "cursor"])
            let filters = names.sorted().compactMap { name in
                let value = walk.known[name] ?? walk.known["participantID"] ?? walk.known.values.sorted().first ?? ""
                // Their own lists are theirs, also where nothing is in them.
                return own.contains(value) ? nil : (name: name, value: value)
            }
            // One resource has no filters: all of them at once must be passed over, or refused, as for nothing.
            for some in isList ? filters.map({ [$0] }) : [filters] {
                let values = some.map(\.value)
                func query(_ value: (String) -> String) -> String {
                    "?" + some.map { "\($0.name)=\(value($0.value))" }.joined(separator: "&")
                }
                let foreign = try await call(query { $0 }, version: nil, value: ids)
                let unknown = try await call(query { _ in ForeignWalk.nothing }, version: nil, value: ids)
                compare(
                    foreign.comparable(without: values), unknown.comparable(without: [ForeignWalk.nothing]),
                    in: query { _ in "" })
                refuseNames(foreign, but: values)
            }
        }

        /// Whether the route answers with several; one resource is read by the last part of its path.
        private var isList: Bool { !route.template.hasSuffix("}") }

        /// Others' cursors, those of other routes, and altered ones.
        mutating func pages(_ cursors: [String]) async throws {
            let name = route.template.hasPrefix("/fhir") ? "_cursor" : "cursor"
            // One resource has no pages: what is no cursor at all is enough.
            for cursor in isList ? cursors : Array(cursors.suffix(4)) {
                let answer = try await call("?\(name)=\(cursor)", version: nil, value: ids)
                if ![200, 400, 403, 404, 422].contains(answer.status) { note("\(answer.status) for a cursor") }
                refuseNames(answer, but: [cursor])
            }
        }

        /// The key and the body of somebody else's request.
        mutating func repeating(what owner: Principal) async throws {
            let key = "shared-\(route.operationID)"
            let own = try await call("", version: 1, key: key, as: owner, value: ids)
            if own.status < 300 { repeated += 1 }
            let same = try await call("", version: 1, key: key, value: ids)
            let fresh = try await call("", version: 1, key: key + "-\(principal.role.rawValue)", value: ids)
            if HTTPField.Name("Idempotency-Replayed").flatMap({ same.headers[$0] }) != nil {
                note("was given the answer to another's request")
            }
            // What was really made has ids of its own, which no two answers share.
            if same.status >= 300 { compare(same.comparable(without: []), fresh.comparable(without: []), in: "a key") }
            refuseNames(same)
        }

        /// The answer to what exists and, where ids stand in the path, to what does not: with the same work.
        private mutating func compared(
            _ query: String, version: Int?
        ) async throws -> (foreign: APIAnswer, unknown: APIAnswer?) {
            let body = walk.bodies[route.operationID] ?? ""
            let isAboutSomething =
                !route.parameterNames.isEmpty || walk.known.keys.contains { body.contains("{\($0)}") }
            while true {
                let start = try await measure()
                let foreign = try await call(query, version: version, value: ids)
                let middle = try await measure()
                guard isAboutSomething else { return (foreign, nil) }
                let unknown = try await call(query, version: version) { _ in ForeignWalk.nothing }
                let end = try await measure()
                // The law of an agency is read again once a minute, whoever asks.
                if end.statements["agency.law"] != start.statements["agency.law"] { continue }
                let (first, second) = (middle.since(start), end.since(middle))
                if first != second, !seesTheAgency, !own.contains(where: walk.request(route).contains) {
                    note("did \(first), for what is not there \(second)")
                }
                return (foreign, unknown)
            }
        }

        /// One of the agency's own people, whom loading what is not for them tells apart from nothing: in time only.
        private var seesTheAgency: Bool {
            principal.role != .partner && walk.owners.contains { $0.agencyID == principal.agencyID }
        }

        /// Ids that are the stranger's own, and which they name themself.
        private var own: [String] {
            [principal.peerID?.description, principal.participantID?.description].compactMap(\.self)
        }

        private var ids: @Sendable (String) -> String? {
            let known = walk.known
            return { known[$0] }
        }

        private func measure() async throws -> Measured {
            Measured(statements: walk.work.statements(), denials: try await walk.work.denials())
        }

        private mutating func compare(_ foreign: APIAnswer, _ unknown: APIAnswer, in place: String) {
            compare(
                foreign.comparable(without: route.parameterNames.compactMap { walk.known[$0] }),
                unknown.comparable(without: [ForeignWalk.nothing]), in: place)
        }

        private mutating func compare(_ foreign: String, _ unknown: String, in place: String) {
            if foreign != unknown { note("in \(place): \(foreign)\nfor what is not there: \(unknown)") }
        }

        private mutating func refuseNames(_ answer: APIAnswer, but given: [String] = []) {
            let sent = walk.request(route)
            for id in walk.known.values where id.count > 8 && !own.contains(id) && !sent.contains(id) {
                if answer.text.contains(id), !given.contains(id) { note("names \(id)") }
            }
        }

        private mutating func note(_ what: String) {
            findings.append(Finding(operationID: route.operationID, role: principal.role, what: what))
        }

        private mutating func call(
            _ query: String, version: Int?, key: String? = nil, as other: Principal? = nil,
            value: (String) -> String?
        ) async throws -> APIAnswer {
            requests += 1
            let hasBody = route.method != .get && route.method != .delete
            let path = walk.path(route, value)
            return try await walk.caller.send(
                route.method, path + query, as: other ?? principal,
                json: hasBody ? walk.filled(walk.bodies[route.operationID] ?? "{}", route, value) : nil,
                type: route.consumes.first ?? "application/json", ifMatch: version,
                key: key ?? "walk-\(route.operationID)-\(path.hashValue)")
        }
    }

    private struct Measured {
        let statements: [String: Int]
        let denials: Int

        func since(_ other: Measured) -> [String: Int] {
            var more = ["denials": denials - other.denials]
            for (name, count) in statements where count != other.statements[name] ?? 0 {
                more[name] = count - (other.statements[name] ?? 0)
            }
            return more
        }
    }
}

extension APIAnswer {
    /// Everything of it but what differs between any two answers, and these ids.
    func comparable(without ids: [String]) -> String {
        let changing: Set<String> = ["x-request-id", "date", "ratelimit", "ratelimit-policy", "retry-after"]
        let fields = headers.filter { !changing.contains($0.name.canonicalName) }.map { "\($0.name): \($0.value)" }
        var text = (["\(status)"] + fields.sorted() + [self.text]).joined(separator: "\n")
        if let requestID = HTTPField.Name("X-Request-Id").flatMap({ headers[$0] }) {
            text = text.replacing(requestID, with: "{request}")
        }
        // An HL7 v2 message has a number of its own (MSH-10), as an answer has its request's.
        if self.text.hasPrefix("MSH|") {
            let header = self.text.prefix { $0 != "\r" }.split(separator: "|", omittingEmptySubsequences: false)
            if header.count > 9 { text = text.replacing("|\(header[9])|", with: "|{number}|") }
        }
        return ids.reduce(text) { $1.utf8.count < 9 ? $0 : $0.replacing($1, with: "{id}") }
    }
}
