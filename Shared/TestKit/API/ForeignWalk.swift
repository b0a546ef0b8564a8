internal import Hummingbird
public import Models
internal import Postgres
public import ServiceKit

/// Walks every declared route of a service as somebody to whom nothing there belongs, and says what they learnt.
///
/// What belongs to somebody else must be answered exactly as what is not there: byte for byte but for the ids of the
/// request, with the same statements and the same denials on record. Ids are tried in paths, filters and cursors, and with
/// the versions and the `Idempotency-Key`s of their owners.
public struct ForeignWalk: Sendable {
    let caller: APICaller
    /// What stands in the paths: ids that exist, by the name of the parameter.
    let known: [String: String]
    /// Bodies that get past the reading of a request, by operation; `{name}` in one stands for the path's.
    let bodies: [String: String]
    /// Those to whom the ids belong.
    let owners: [Principal]
    let work: Work

    /// What a request causes in PostgreSQL.
    public struct Work: Sendable {
        /// How often each statement ran so far.
        let statements: @Sendable () -> [String: Int]
        /// How many denials are on record.
        let denials: @Sendable () async throws -> Int

        /// - Parameters:
        ///   - registry: the metrics of the pool that the service has.
        ///   - denials: counts the rows of the audit trail that refuse.
        public init(_ registry: PrometheusRegistry, denials: @escaping @Sendable () async throws -> Int) {
            statements = { Self.counts(registry.exposition()) }
            self.denials = denials
        }

        private static func counts(_ exposition: String) -> [String: Int] {
            var counts: [String: Int] = [:]
            for line in exposition.split(separator: "\n") where line.hasPrefix("postgres_statement_seconds_count{") {
                let words = line.split(separator: " ")
                let name = words[0].split(separator: "\"").last { $0 != "}" }.map(String.init) ?? ""
                counts[name, default: 0] += words.last.flatMap { Int($0) } ?? 0
            }
            return counts
        }
    }

    /// A walk.
    public init(
        _ caller: APICaller, known: [String: String], bodies: [String: String] = [:], owners: [Principal] = [],
        work: Work
    ) {
        (self.caller, self.known, self.bodies) = (caller, known, bodies)
        (self.owners, self.work) = (owners, work)
    }

    /// An id that stands for nothing.
    static let nothing = "0f0f0f0f-0f0f-7f0f-8f0f-0f0f0f0f0f0f"

    /// Calls each route as each of these roles.
    ///
    /// - Parameters:
    ///   - outsider: somebody of this role to whom none of the ids belongs.
    ///   - exempt: operations that tell nothing of an agency's, such as the published instruments.
    public func run(
        _ routes: [Route], as roles: [Role], exempt: Set<String> = [], outsider: (Role) -> Principal
    ) async throws -> Report {
        var report = Report()
        let before = try await work.denials()
        let walked = routes.filter { $0.access != .open && !exempt.contains($0.operationID) }
        let cursors = try await cursors(of: routes)
        report.cursors = cursors.taken.count
        let tried = cursors.taken + cursors.made
        for route in walked {
            for role in roles {
                var attempt = Attempt(walk: self, route: route, principal: outsider(role))
                try await attempt.paths()
                if route.access.admits(role) {
                    if route.method == .get { try await attempt.filters() }
                    if route.method == .get { try await attempt.pages(tried) }
                }
                report.add(attempt)
            }
        }
        // Last, because what the owners do here changes what is theirs.
        for route in walked where route.method == .post {
            guard let owner = owners.first(where: { route.access.admits($0.role) }) else { continue }
            for role in roles where route.access.admits(role) {
                var attempt = Attempt(walk: self, route: route, principal: outsider(role))
                try await attempt.repeating(what: owner)
                report.add(attempt)
            }
        }
        report.denials = try await work.denials() - before
        return report
    }

    /// Where the owners' lists go on, and texts that look like it.
    private func cursors(of routes: [Route]) async throws -> (taken: [String], made: [String]) {
        var found: [String] = []
        for route in routes where route.method == .get && route.access != .open {
            guard let owner = owners.first(where: { route.access.admits($0.role) }) else { continue }
            let path = path(route) { known[$0] }
            let filters = ["", "&participantID=\(known["participantID"] ?? "")", "&peerID=\(known["peerID"] ?? "")"]
            for filter in filters {
                let text = try await caller.send(.get, "\(path)?limit=1&_count=1\(filter)", as: owner).text
                for pattern in [#""next":""#, "_cursor="] {
                    let parts = text.components(between: pattern, and: "\"&")
                    found += parts
                }
            }
        }
        let ids = known.values.sorted()
        let made = ids.map { Cursor([$0]).description } + ids.map { Cursor(["2026-01-01T00:00:00Z", $0]).description }
        let altered = found.flatMap { [String($0.dropLast()), $0 + "A", String($0.reversed())] }
        let broken = [
            Cursor(["' or 1=1 --", "0"]).description, "AAAA", "%00", Cursor(["", "", "", ""]).description,
        ]
        return (Array(Set(found)), made + altered + broken)
    }

    func path(_ route: Route, _ value: (String) -> String?) -> String { filled(route.template, route, value) }

    func filled(_ text: String, _ route: Route, _ value: (String) -> String?) -> String {
        Set(route.parameterNames).union(known.keys)
            .reduce(text) { $0.replacing("{\($1)}", with: value($1) ?? "missing") }
    }

    /// Path and body with the ids that exist.
    func request(_ route: Route) -> String {
        filled(route.template + (bodies[route.operationID] ?? ""), route) { known[$0] }
    }
}

extension Route.Access {
    /// Whether a token of this role gets as far as the handler.
    func admits(_ role: Role) -> Bool {
        switch self {
        case .open, .anyone: true
        case .roles(let roles, _): roles.contains(role)
        }
    }
}

extension String {
    /// What stands between each occurrence of a text and the next of some characters.
    fileprivate func components(between start: String, and ends: String) -> [String] {
        ranges(of: start).map { range in String(self[range.upperBound...].prefix { !ends.contains($0) }) }
            .filter { !$0.isEmpty }
    }
}
