internal import JSON
internal import Models
internal import ServiceKit

/// The JWT with which a client says who it is (SMART App Launch 2, client-confidential-asymmetric), taken apart; nothing
/// in it is to be believed before ``ClientKeySet/verifies(_:)`` and ``check(clientID:audiences:now:)``.
struct ClientAssertion: Hashable, Sendable {
    /// The signatures that are accepted. Never `none`, never one with a shared secret.
    enum Algorithm: String, CaseIterable, Hashable, Sendable {
        case rs384 = "RS384"
        case es384 = "ES384"

        /// The key type that goes with it.
        var keyType: String { self == .rs384 ? "RSA" : "EC" }
    }

    /// An assertion lives at most five minutes.
    static let longestLife = Duration.seconds(300)
    /// How far clocks may differ.
    static let leeway = Duration.seconds(30)

    let algorithm: Algorithm
    let keyID: String
    /// Where the client says its keys are; only believed where it is the registered place.
    let keySetURL: String?
    let issuer: String
    let subject: String
    let audiences: [String]
    let expiresAt: Instant
    let notBefore: Instant?
    let issuedAt: Instant?
    /// The client's own number of it, used once.
    let id: String
    /// What the signature is over, and by.
    let token: CompactToken

    /// Reads a compact JWS (RFC 7515 §7.1).
    ///
    /// - Parameter needsSubject: whether `sub` must say what `iss` says; EHRs that call by CDS Hooks leave it out.
    /// - Throws: `invalid_client`, with what is wrong about its form.
    init(_ text: String, needsSubject: Bool = true) throws(TokenRefusal) {
        let token: CompactToken
        do {
            token = try CompactToken(text.utf8)
        } catch .unknownExtension {
            throw TokenRefusal(.invalidClient, "The assertion's header must not have crit or b64.")
        } catch {
            throw TokenRefusal(.invalidClient, "The assertion is no compact JWT.")
        }
        // SAFETY: why the claims are no JSON is of no interest.
        guard let claims = try? JSONValue.parse(token.payload, limits: JSONLimits.strict) else {
            throw TokenRefusal(.invalidClient, "The assertion's claims are no JSON.")
        }
        guard let algorithm = token.algorithm.flatMap(Algorithm.init(rawValue:)) else {
            throw TokenRefusal(.invalidClient, "The assertion's alg must be RS384 or ES384.")
        }
        guard token.type?.uppercased() == "JWT" else {
            throw TokenRefusal(.invalidClient, "The assertion's typ must be JWT.")
        }
        guard let keyID = token.keyID else {
            throw TokenRefusal(.invalidClient, "The assertion needs the kid of its key.")
        }
        let named = claims["iss"]?.string
        guard let issuer = named, let subject = claims["sub"]?.string ?? (needsSubject ? nil : named),
            let expiresAt = Self.time(claims["exp"]), let id = claims["jti"]?.string, !id.isEmpty
        else { throw TokenRefusal(.invalidClient, "The assertion needs iss, sub, aud, exp and jti.") }
        self.algorithm = algorithm
        self.keyID = keyID
        keySetURL = token.header["jku"]?.string
        (self.issuer, self.subject, self.expiresAt, self.id) = (issuer, subject, expiresAt, id)
        audiences = claims["aud"]?.array?.compactMap(\.string) ?? [claims["aud"]?.string].compactMap(\.self)
        notBefore = Self.time(claims["nbf"])
        issuedAt = Self.time(claims["iat"])
        self.token = token
    }

    /// Checks what the claims say, for an assertion whose signature holds.
    ///
    /// - Parameter audiences: the token endpoint's URL, in every form under which clients know it.
    /// - Throws: `invalid_client`.
    func check(audiences accepted: Set<String>, now: Instant) throws(TokenRefusal) {
        guard issuer == subject else {
            throw TokenRefusal(.invalidClient, "iss and sub are both the client's id.")
        }
        guard !accepted.isDisjoint(with: audiences) else {
            throw TokenRefusal(.invalidClient, "aud must be the URL of this token endpoint.")
        }
        guard now < expiresAt + Self.leeway else {
            throw TokenRefusal(.invalidClient, "The assertion has expired.")
        }
        guard expiresAt <= now + Self.longestLife + Self.leeway else {
            throw TokenRefusal(.invalidClient, "The assertion's exp is more than five minutes ahead.")
        }
        for time in [notBefore, issuedAt].compactMap(\.self) where time > now + Self.leeway {
            throw TokenRefusal(.invalidClient, "The assertion is from the future.")
        }
    }

    /// Seconds since 1970; a fraction is dropped.
    private static func time(_ value: JSONValue?) -> Instant? {
        guard case .number(let number)? = value, let seconds = number.double, abs(seconds) < 1e11 else { return nil }
        return Instant(unixSeconds: Int64(seconds))
    }
}
