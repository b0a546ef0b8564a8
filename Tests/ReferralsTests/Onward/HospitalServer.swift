import FHIR
import JSON
import NIOConcurrencyHelpers
import NIOHTTP1

@testable import Referrals

/// A hospital's own FHIR server, as far as a client that works at it can tell: resources by type and id, versions, If-Match,
/// a search of Tasks by owner and status, and a token first.
final class HospitalServer: Sendable {
    static let base = "https://hospital.example/r4"
    static let owner = "Organization/agency-1"

    private struct State {
        var resources: [String: JSONValue] = [:]
        var versions: [String: Int] = [:]
        var writes: [String] = []
        /// Before the next write of a Task somebody else writes it.
        var isContested = false
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    /// What was written, in its order: `Task/1 accepted`.
    var writes: [String] { state.withLockedValue(\.writes) }

    func contest() { state.withLockedValue { $0.isContested = true } }
    func goAway(_ isAway: Bool) { state.withLockedValue { $0.isAway = isAway } }

    func put(_ path: String, _ resource: JSONValue) {
        state.withLockedValue { state in
            var resource = resource
            let parts = path.split(separator: "/").map(String.init)
            (resource[["resourceType"]], resource[["id"]]) = (.string(parts[0]), .string(parts[1]))
            state.resources[path] = resource
            state.versions[path, default: 0] += 1
        }
    }

    subscript(path: String) -> JSONValue? { state.withLockedValue { $0.resources[path] } }

    @Sendable
    func exchange(_ request: OutgoingRequest) async -> IncomingAnswer? {
        state.withLockedValue { state in
            if state.isAway { return nil }
            if request.url == "\(Self.base)/.well-known/smart-configuration" {
                return Self.answer(200, ["token_endpoint": "https://login.hospital.example/token"])
            }
            if request.url == "https://login.hospital.example/token" {
                let form = String(decoding: request.body ?? [], as: UTF8.self)
                return form.contains("client_assertion=ey")
                    ? Self.answer(200, ["access_token": "open", "token_type": "bearer"]) : Self.answer(400, [:])
            }
            guard request.headers["authorization"] == "Bearer open", request.url.hasPrefix("\(Self.base)/") else {
                return Self.answer(401, [:])
            }
            return Self.resource(request, String(request.url.dropFirst(Self.base.count + 1)), &state)
        }
    }

    private static func resource(_ request: OutgoingRequest, _ path: String, _ state: inout State) -> IncomingAnswer {
        if path.hasPrefix("Task?") {
            let items = R4.SearchQuery.items(of: String(path.dropFirst(5)))
            func wanted(_ name: String) -> String? { items.first { $0.name == name }?.value }
            let found = state.resources.filter { path, resource in
                path.hasPrefix("Task/") && resource[["owner", "reference"]]?.string == wanted("owner")
                    && resource[["status"]]?.string == wanted("status")
            }
            let entries = found.sorted { $0.key < $1.key }.map { ["resource": $0.value] as JSONValue }
            return answer(200, ["resourceType": "Bundle", "type": "searchset", "entry": .array(entries)])
        }
        guard let known = state.resources[path] else { return answer(404, [:]) }
        if request.method == .GET { return answer(200, known, etag: "W/\"\(state.versions[path] ?? 0)\"") }
        guard request.method == .PUT, let body = request.body, let resource = OutsideClient.json(body) else {
            return answer(405, [:])
        }
        if state.isContested {
            state.isContested = false
            state.versions[path, default: 0] += 1
        }
        guard request.headers["if-match"] == "W/\"\(state.versions[path] ?? 0)\"" else { return answer(412, [:]) }
        state.resources[path] = resource
        state.versions[path, default: 0] += 1
        state.writes.append("\(path) \(resource[["status"]]?.string ?? "")")
        return answer(200, resource)
    }

    private static func answer(_ status: Int, _ json: JSONValue, etag: String? = nil) -> IncomingAnswer {
        IncomingAnswer(status: status, etag: etag, body: json.serialized())
    }
}
