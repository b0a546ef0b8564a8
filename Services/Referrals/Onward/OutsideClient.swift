internal import Crypto
internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import Models
internal import NIOHTTP1
internal import ReferralsDomain
internal import ServiceKit

/// The agency as a client of a partner's FHIR server: SMART Backend Services, with a key for this partner alone.
///
/// A token is asked for each time: what is done there is rare, and nothing has to be kept.
struct OutsideClient: Sendable {
    /// Why nothing came of a request; safe to store and to log.
    struct Fault: Error, Hashable, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    let server: OutsideServer
    let key: P384.Signing.PrivateKey
    let now: Instant
    /// For the assertion's `jti`.
    let ids: IDSource
    let exchange: @Sendable (OutgoingRequest) async -> IncomingAnswer?

    /// More of an answer is not read. Bytes.
    private static let mostRead = 1 << 20

    /// Gets a token with the assertion that proves who asks (RFC 7523 §2.2).
    func token() async throws(Fault) -> String {
        guard let clientID = server.clientID else { throw Fault("the partner has not registered the agency's key") }
        let url = try await tokenURL()
        let form = [
            "grant_type=client_credentials", "scope=\(FHIRRoutes.escaped(server.scope))",
            "client_assertion_type=\(FHIRRoutes.escaped(TokenRequest.assertionType))",
            "client_assertion=\(try assertion(of: clientID, for: url))",
        ].joined(separator: "&")
        let answer = try await send(
            .POST, url, headers: ["content-type": "application/x-www-form-urlencoded"], body: Array(form.utf8))
        guard answer.status == 200 else { throw Fault("no token: status \(answer.status)") }
        guard let token = Self.json(answer.body)?[["access_token"]]?.string, token.utf8.count <= 16_384,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Fault("no token in the answer") }
        return token
    }

    /// Sends something about a resource.
    ///
    /// - Parameter path: behind the base, with a slash in front; empty for the base itself.
    func call(
        _ method: HTTPMethod, _ path: String, token: String, _ document: FHIRDocument? = nil, ifMatch: String? = nil
    ) async throws(Fault) -> IncomingAnswer {
        var headers = ["authorization": "Bearer \(token)", "accept": FHIRFormat.json.mediaType]
        if document != nil { headers["content-type"] = FHIRFormat.json.mediaType }
        headers["if-match"] = ifMatch
        return try await send(method, server.baseURL + path, headers: headers, body: document?.serialized())
    }

    /// What an answer says in JSON; nil where it is none.
    static func json(_ bytes: [UInt8]) -> JSONValue? {
        // SAFETY: why it is not JSON is of no interest: it came from outside.
        try? JSONValue.parse(bytes, limits: .resource)
    }

    private func tokenURL() async throws(Fault) -> String {
        if let known = server.tokenURL { return known }
        let answer = try await send(
            .GET, "\(server.baseURL)/.well-known/smart-configuration", headers: ["accept": "application/json"],
            body: nil)
        guard answer.status == 200, let url = Self.json(answer.body)?[["token_endpoint"]]?.string else {
            throw Fault("the server's configuration names no token endpoint")
        }
        return url
    }

    private func assertion(of clientID: String, for audience: String) throws(Fault) -> String {
        let claims: JSONObject = [
            "iss": .string(clientID), "sub": .string(clientID), "aud": .string(audience),
            "exp": .number(JSONNumber(Int(now.unixSeconds) + 240)), "iat": .number(JSONNumber(Int(now.unixSeconds))),
            "jti": .string(ids.uuid().lowercasedText),
        ]
        do {
            return try CompactToken.signed(
                header: ["alg": "ES384", "kid": .string(key.publicKey.keyID), "typ": "JWT"], claims: claims
            ) { input in Array(try key.signature(for: input).rawRepresentation) }
        } catch {
            throw Fault("the assertion could not be signed")
        }
    }

    private func send(
        _ method: HTTPMethod, _ url: String, headers: [String: String], body: [UInt8]?
    ) async throws(Fault) -> IncomingAnswer {
        let request = OutgoingRequest(method: method, url: url, headers: headers, body: body, mostRead: Self.mostRead)
        guard let answer = await exchange(request) else { throw Fault("no answer") }
        return answer
    }
}

extension P384.Signing.PublicKey {
    /// The thumbprint of the key (RFC 7638), so that a new key has a new id by itself.
    var keyID: String { Base64URL.encode(SHA256.hash(data: JSONValue.object(webKey).canonical())) }
}
