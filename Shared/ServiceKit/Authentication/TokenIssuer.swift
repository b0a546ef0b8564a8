/// Whose tokens are accepted, as the file of `HANDRAIL_TOKEN_ISSUERS` lists them:
///
///     [{"issuer": "https://id.example.org", "jwks": "https://id.example.org/keys"},
///      {"issuer": "handrail-local", "jwksFile": "/run/handrail/keys.json", "audience": "handrail"}]
public struct TokenIssuer: Hashable, Sendable, Decodable {
    /// Equal to the token's `iss`.
    public var issuer: String
    /// Where the key set is fetched; `https`, or a loopback address.
    public var jwks: String?
    /// Or the file that it is read from.
    public var jwksFile: String?
    /// What the token's `aud` must contain; where absent, the service's name or `handrail`.
    public var audience: String?

    public init(issuer: String, jwks: String? = nil, jwksFile: String? = nil, audience: String? = nil) {
        self.issuer = issuer
        self.jwks = jwks
        self.jwksFile = jwksFile
        self.audience = audience
    }

    /// What is wrong with it; nil where nothing is.
    var mistake: String? {
        if issuer.isEmpty { return "issuer is empty" }
        switch (jwks, jwksFile) {
        case (nil, nil), (.some, .some): return "\(issuer) needs either jwks or jwksFile"
        case (let url?, nil) where !Self.isSafe(url): return "\(issuer): jwks must be https, or http on loopback"
        default: return nil
        }
    }

    private static func isSafe(_ url: String) -> Bool {
        url.hasPrefix("https://")
            || ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].contains { url.hasPrefix($0) }
    }
}
