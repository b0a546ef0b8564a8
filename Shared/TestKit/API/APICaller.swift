public import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
public import Models
internal import NIOConcurrencyHelpers
internal import NIOCore
public import Postgres
public import ServiceKit

/// A service's API in process, called as anybody: the whole pipeline with a gate that knows the test's principals.
public struct APICaller: Sendable {
    private let client: any TestClientProtocol
    private let principals: Principals

    /// Runs the API for the time of the body.
    ///
    /// - Parameters:
    ///   - pool: the service's own login, in which denials are recorded.
    ///   - ids: of denials.
    public static func with<T: Sendable>(
        _ service: String, _ routes: Routes, pool: Pool, ids: IDSource,
        _ body: @escaping @Sendable (APICaller) async throws -> T
    ) async throws -> T {
        let principals = Principals()
        let gate = Gate(
            authenticator: Authenticator { token throws(Problem) in
                guard let principal = principals[token] else {
                    throw Problem.unauthenticated.denying(Denial(.invalidToken))
                }
                return principal
            },
            agencies: .postgres(pool), rules: .inForce,
            fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
            denials: .postgres(pool, ids: ids, logger: .silent)
        )
        let definition = ServiceDefinition(routes: routes, openAPI: Array("{}".utf8))
        let responder = API(service: service, definition, gate: gate, logger: .silent).responder
        return try await Application(responder: responder, logger: .silent).test(.router) { client in
            try await body(APICaller(client: client, principals: principals))
        }
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - principal: whose token it carries; nil sends a token that nobody gave out.
    ///   - json: the body.
    ///   - ifMatch: a version, sent as a strong entity tag.
    ///   - key: the `Idempotency-Key`.
    public func send(
        _ method: HTTPRequest.Method, _ uri: String, as principal: Principal?, json: String? = nil,
        type: String = "application/json", ifMatch: Int? = nil, key: String? = nil
    ) async throws -> APIAnswer {
        var headers: HTTPFields = [.authorization: "Bearer \(principal.map(principals.token) ?? "nobody")"]
        if json != nil { headers[.contentType] = type }
        if let ifMatch { headers[.ifMatch] = "\"\(ifMatch)\"" }
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: json.map { ByteBuffer(string: $0) }
        )
        return APIAnswer(response)
    }

    /// Who has which token.
    private final class Principals: Sendable {
        private let all = NIOLockedValueBox<[Principal]>([])

        subscript(token: String) -> Principal? {
            guard let index = Int(token) else { return nil }
            return all.withLockedValue { $0.indices.contains(index) ? $0[index] : nil }
        }

        func token(_ principal: Principal) -> String {
            all.withLockedValue { all in
                if let known = all.firstIndex(of: principal) { return String(known) }
                all.append(principal)
                return String(all.count - 1)
            }
        }
    }
}
