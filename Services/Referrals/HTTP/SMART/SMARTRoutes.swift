internal import HTTPTypes
internal import Hummingbird
internal import JSON
internal import NIOCore
internal import ServiceKit

/// Discovery and tokens of SMART Backend Services.
struct SMARTRoutes: Sendable {
    static let tokenPath = "/auth/token"
    static let keysPath = "/auth/keys"

    /// `https://host`, without a slash at the end.
    let publicURL: String
    let endpoint: TokenEndpoint
    /// The scopes that open something.
    let scopes: [SMARTScope]
    /// Where clients' certificates are found; nil where only assertions are taken.
    var certificates: ClientCertificateSource?
    /// How often one address may fail to be a client.
    var limiter = AttemptLimiter()

    func add(to routes: inout Routes) {
        let discovery = Response.json(configuration, mediaType: "application/json", cache: "public, max-age=300")
        // Clients append /.well-known to the FHIR base URL (SMART App Launch 2 §4); some to the host.
        for (path, name) in [("/fhir/.well-known", "fhirSMARTConfiguration"), ("/.well-known", "smartConfiguration")] {
            routes.add(
                Route(
                    .get, "\(path)/smart-configuration", name, "How clients get tokens.", access: .open, discloses: [])
            ) { _, _ in discovery }
        }
        let keys = Response.json(
            endpoint.tokens.publicKeys, mediaType: "application/jwk-set+json", cache: "public, max-age=300")
        routes.add(
            Route(.get, Self.keysPath, "tokenKeys", "The public keys of the tokens.", access: .open, discloses: [])
        ) { _, _ in keys }
        routes.add(
            Route(
                .post, Self.tokenPath, "grantToken", "A token for a registered client.", access: .open, discloses: [],
                bodyLimit: 1 << 15, consumes: ["application/x-www-form-urlencoded"]
            )
        ) { request, context in
            try await grant(context, certificate: await context.clientCertificate(request, from: certificates))
        }
        routes.renderProblems(under: Self.tokenPath) { problem, _, _ in Self.response(problem) }
    }

    private func grant(_ context: APIContext, certificate: CertificateThumbprint?) async throws -> Response {
        try limiter.take(for: context)
        do {
            let grant = try await endpoint.grant(
                TokenRequest(form: context.body.readableBytesView), certificate: certificate)
            limiter.giveBack(for: context)
            return Response.json(
                [
                    "access_token": .string(grant.accessToken),
                    "token_type": "bearer",
                    "expires_in": .number(JSONNumber(Int(grant.expiresIn.components.seconds))),
                    "scope": .string(grant.scopes.joined(separator: " ")),
                ],
                mediaType: "application/json"
            )
        } catch let refusal as TokenRefusal {
            if refusal.code != .invalidClient { limiter.giveBack(for: context) }
            throw Problem(refusal)
        } catch {
            // Our own failure is not the caller's.
            limiter.giveBack(for: context)
            throw error
        }
    }

    private var configuration: JSONValue {
        var known = basics
        if certificates != nil { known["tls_client_certificate_bound_access_tokens"] = true }
        return .object(known)
    }

    private var basics: JSONObject {
        [
            "issuer": .string(publicURL),
            "jwks_uri": .string(publicURL + Self.keysPath),
            "token_endpoint": .string(publicURL + Self.tokenPath),
            "token_endpoint_auth_methods_supported":
                certificates == nil ? ["private_key_jwt"] : ["private_key_jwt", "tls_client_auth"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": .array(scopes.map { .string($0.description) }),
            "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
        ]
    }

    /// Errors of this path are OAuth's, also those of the pipeline in front of the handler.
    private static func response(_ problem: Problem) -> Response {
        let code = TokenRefusal.Code(rawValue: problem.type)?.rawValue
        let other = problem.status.code >= 500 ? "temporarily_unavailable" : TokenRefusal.Code.invalidRequest.rawValue
        return Response.json(
            [
                "error": .string(code ?? other),
                "error_description": .string(problem.detail ?? problem.title),
            ],
            status: problem.status, mediaType: "application/json"
        )
    }
}

extension Problem {
    /// RFC 6749 §5.2: 401 where the client is not who it says, otherwise 400.
    fileprivate init(_ refusal: TokenRefusal) {
        self.init(
            refusal.code == .invalidClient ? .unauthorized : .badRequest, type: refusal.code.rawValue,
            title: "No token is given", detail: refusal.explanation,
            denial: refusal.code == .invalidClient ? Denial(.invalidToken) : nil
        )
    }
}

extension Response {
    /// A JSON tree as an answer.
    static func json(
        _ json: JSONValue, status: HTTPResponse.Status = .ok, mediaType: String, cache: String = "no-store"
    ) -> Response {
        var response = Response(
            status: status, headers: [.contentType: mediaType, .cacheControl: cache],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.serialized()))
        )
        // RFC 6749 §5.1 asks for the old header, too.
        if cache == "no-store", let pragma = HTTPField.Name("Pragma") { response.headers[pragma] = "no-cache" }
        return response
    }
}
