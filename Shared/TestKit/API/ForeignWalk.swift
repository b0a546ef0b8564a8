internal import Hummingbird
public import Models
internal import Postgres
public import ServiceKit

/// Walks every declared route of a service as somebody to whom nothing there belongs, and says what they learnt.
///
/// For a route with ids in its path, an id that belongs to somebody else must be answered exactly as one that stands for
/// nothing; for every other route, the answer must not name anything of the agency's.
public struct ForeignWalk: Sendable {
    private let caller: APICaller
    /// What stands in the paths: ids that exist, by the name of the parameter.
    private let known: [String: String]
    /// Bodies that get past the reading of a request, by operation; `{name}` in one stands for the path's.
    private let bodies: [String: String]

    /// A walk.
    public init(_ caller: APICaller, known: [String: String], bodies: [String: String] = [:]) {
        (self.caller, self.known, self.bodies) = (caller, known, bodies)
    }

    /// What one route told, beyond nothing.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        public let operationID: String
        public let role: Role
        public let what: String

        public var description: String { "\(operationID) as \(role.rawValue): \(what)" }
    }

    /// Calls each route as each of these roles.
    ///
    /// - Parameters:
    ///   - outsider: somebody of this role to whom none of the ids belongs.
    ///   - exempt: operations that tell nothing of an agency's, such as the published instruments.
    /// - Returns: what was told, and how many requests were refused as not there.
    public func run(
        _ routes: [Route], as roles: [Role], exempt: Set<String> = [], outsider: (Role) -> Principal
    ) async throws -> (findings: [Finding], hidden: Int) {
        var findings: [Finding] = []
        var hidden = 0
        for route in routes where route.access != .open && !exempt.contains(route.operationID) {
            for role in roles {
                let principal = outsider(role)
                func note(_ what: String) {
                    findings.append(Finding(operationID: route.operationID, role: role, what: what))
                }
                let foreign = try await call(route, principal) { known[$0] }
                let own = [principal.peerID?.description, principal.participantID?.description].compactMap(\.self)
                for id in known.values where !own.contains(id) && !path(route, { known[$0] }).contains(id) {
                    if foreign.text.contains(id) { note("names \(id)") }
                }
                guard !route.parameterNames.isEmpty else { continue }
                for name in route.parameterNames where known[name] == nil { note("the walk knows no \(name)") }
                let unknown = try await call(route, principal) { _ in "0f0f0f0f-0f0f-7f0f-8f0f-0f0f0f0f0f0f" }
                if foreign.status != unknown.status || foreign.problem != unknown.problem {
                    note("\(foreign.status) \(foreign.problem), \(unknown.status) for what is not there")
                }
                if ![403, 404].contains(foreign.status) {
                    note("answered \(foreign.status) \(foreign.text)")
                }
                if foreign.status == 404 { hidden += 1 }
            }
        }
        return (findings, hidden)
    }

    private func call(_ route: Route, _ principal: Principal, _ value: (String) -> String?) async throws -> APIAnswer {
        let hasBody = route.method != .get && route.method != .delete
        return try await caller.send(
            route.method, path(route, value), as: principal,
            json: hasBody ? filled(bodies[route.operationID] ?? "{}", route, value) : nil,
            type: route.consumes.first ?? "application/json",
            ifMatch: 1, key: "walk-\(route.operationID)-\(path(route, value).hashValue)"
        )
    }

    private func path(_ route: Route, _ value: (String) -> String?) -> String {
        filled(route.template, route, value)
    }

    private func filled(_ text: String, _ route: Route, _ value: (String) -> String?) -> String {
        route.parameterNames.reduce(text) { $0.replacing("{\($1)}", with: value($1) ?? "missing") }
    }
}
