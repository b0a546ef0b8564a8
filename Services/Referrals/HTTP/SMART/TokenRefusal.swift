/// Why the token endpoint refuses, in the codes of OAuth (RFC 6749 §5.2).
struct TokenRefusal: Error, Hashable {
    enum Code: String, CaseIterable, Hashable, Sendable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidScope = "invalid_scope"
        case unsupportedGrantType = "unsupported_grant_type"
    }

    let code: Code
    /// For whoever writes the client: what to do differently. Never says whether a client exists.
    let explanation: String

    init(_ code: Code, _ explanation: String) {
        self.code = code
        self.explanation = explanation
    }

    /// One text for everything that would tell a stranger which part of a client's credentials was right.
    static let unknownClient = TokenRefusal(
        .invalidClient,
        "The client is not known, or neither a registered key of this kid and kty nor its certificate proves that it is it."
    )
}
