internal import FHIR

/// A token request as SMART Backend Services writes it: a form with a signed assertion (RFC 6749 §4.4, RFC 7523 §2.2); or
/// with the client's id, whose certificate then stands for the assertion (RFC 8705 §2).
struct TokenRequest: Hashable, Sendable {
    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// What proves who the client is.
    enum Credential: Hashable, Sendable {
        case assertion(String)
        /// The certificate of the connection, for the client of this id.
        case certificate(clientID: String)
    }

    let scope: String
    let credential: Credential

    /// Reads the form.
    ///
    /// - Throws: `unsupported_grant_type`; `invalid_request` for what is missing, doubled or of another kind;
    ///   `invalid_scope` where no scope is asked for.
    init(form: some Sequence<UInt8>) throws(TokenRefusal) {
        guard let text = String(validating: Array(form), as: UTF8.self) else {
            throw TokenRefusal(.invalidRequest, "The form must be UTF-8.")
        }
        var fields: [String: String] = [:]
        for item in R4.SearchQuery.items(of: text) where !item.value.isEmpty {
            guard fields.updateValue(item.value, forKey: item.name) == nil else {
                throw TokenRefusal(.invalidRequest, "A parameter must not be given twice.")
            }
        }
        guard let grant = fields["grant_type"] else {
            throw TokenRefusal(.invalidRequest, "grant_type is missing.")
        }
        guard grant == "client_credentials" else {
            throw TokenRefusal(.unsupportedGrantType, "grant_type must be client_credentials.")
        }
        // Two ways to authenticate in one request must be refused (RFC 6749 §2.3).
        guard fields["client_secret"] == nil else {
            throw TokenRefusal(.invalidRequest, "Clients authenticate with private_key_jwt or tls_client_auth only.")
        }
        let credential = try Self.credential(fields)
        guard let scope = fields["scope"] else {
            throw TokenRefusal(.invalidScope, "scope is missing: ask for what the client needs.")
        }
        self.scope = scope
        self.credential = credential
    }

    /// An assertion, where there is one, counts; a certificate beside it is the connection's business.
    private static func credential(_ fields: [String: String]) throws(TokenRefusal) -> Credential {
        let (type, assertion) = (fields["client_assertion_type"], fields["client_assertion"])
        if type == nil, assertion == nil, let clientID = fields["client_id"] { return .certificate(clientID: clientID) }
        guard type == assertionType, let assertion else {
            throw TokenRefusal(
                .invalidRequest, "client_assertion is needed, with client_assertion_type \(assertionType)."
            )
        }
        return .assertion(assertion)
    }
}
