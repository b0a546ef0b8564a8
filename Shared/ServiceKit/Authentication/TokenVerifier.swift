internal import Crypto
internal import FoundationEssentials
internal import JSON
public import Logging
public import Models
internal import NIOConcurrencyHelpers

/// Verifies bearer tokens (RFC 9068, JWS of RFC 7515) against the keys of the configured issuers.
///
/// Verified tokens are remembered by their SHA-256 hash until they expire, at most 300 seconds: so a withdrawn key
/// counts at most that long, and a signature is not checked with every request.
public final class TokenVerifier: Sendable {
    private struct Trusted: Sendable {
        let issuer: TokenIssuer
        let keys: IssuerKeys
        let audiences: Set<String>
    }

    private let issuers: [String: Trusted]
    private let clock: WallClock
    private let cache: NIOLockedValueBox<TokenCache>

    /// - Parameters:
    ///   - service: `peer-matching`, the audience that is accepted beside `handrail`.
    ///   - load: reads the key set of an issuer, from its URL or file, or from where it says that they are.
    public init(
        service: String,
        issuers: [TokenIssuer],
        clock: WallClock,
        logger: Logger,
        load: @escaping @Sendable (TokenIssuer) async throws -> [UInt8]
    ) {
        self.clock = clock
        cache = NIOLockedValueBox(TokenCache(largest: 10_000))
        self.issuers = Dictionary(
            issuers.map { issuer in
                let keys = IssuerKeys(issuer: issuer.issuer, clock: clock, logger: logger) { try await load(issuer) }
                let audiences = issuer.audience.map { Set([$0]) } ?? [service, "handrail"]
                return (issuer.issuer, Trusted(issuer: issuer, keys: keys, audiences: audiences))
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The verifier as the gate's way to tell who is asking.
    public var authenticator: Authenticator {
        Authenticator { token throws(Problem) in
            guard let principal = await self.principal(of: token) else {
                throw Problem.unauthenticated.denying(Denial(.invalidToken))
            }
            return principal
        }
    }

    /// Who the token says is asking; nil where it is no good, without saying why.
    func principal(of token: String) async -> Principal? {
        guard token.utf8.count <= CompactToken.longest else { return nil }
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        let now = clock.now()
        if let known = cache.withLockedValue({ $0.find(hash, at: now) }) { return known }
        guard let claims = await verify(token, at: now) else { return nil }
        cache.withLockedValue { $0.keep(claims.principal, of: hash, until: claims.expiresAt, at: now) }
        return claims.principal
    }

    private func verify(_ text: String, at now: Instant) async -> TokenClaims? {
        // SAFETY: a token that cannot be read is no good, whatever the reason.
        guard let token = try? CompactToken(text.utf8), Self.isAccessToken(token.type),
            let payload = Self.parse(token.payload),
            let trusted = TokenClaims.issuer(of: payload).flatMap({ issuers[$0] })
        else { return nil }
        let keys = await trusted.keys.candidates(keyID: token.keyID)
        guard keys.contains(where: { $0.verifies(token) }) else { return nil }
        return TokenClaims(payload, of: trusted.issuer, audiences: trusted.audiences, now: now)
    }

    /// A token made for something else, such as an identity token with its own type, is not taken for access.
    private static func isAccessToken(_ type: String?) -> Bool {
        switch type?.lowercased() {
        case nil, "jwt", "at+jwt", "application/at+jwt": true
        default: false
        }
    }

    private static func parse(_ payload: [UInt8]) -> JSONValue? {
        do { return try JSONValue.parse(payload, limits: .strict) } catch { return nil }
    }
}

/// Verified tokens by hash, as a value: never the tokens themselves, at most `largest`.
struct TokenCache: Sendable {
    static let longest: Duration = .seconds(300)

    private struct Entry {
        var principal: Principal
        var until: Instant
    }

    private let largest: Int
    private var entries: [[UInt8]: Entry] = [:]

    init(largest: Int) {
        self.largest = largest
    }

    var count: Int { entries.count }

    func find(_ hash: [UInt8], at now: Instant) -> Principal? {
        guard let entry = entries[hash], now < entry.until else { return nil }
        return entry.principal
    }

    mutating func keep(_ principal: Principal, of hash: [UInt8], until expiry: Instant, at now: Instant) {
        let until = min(expiry, now + Self.longest)
        guard now < until else { return }
        if entries.count >= largest {
            entries = entries.filter { now < $0.value.until }
            // Still full: half of them, whichever. They are only verified again.
            if entries.count >= largest { for hash in entries.keys.prefix(largest / 2) { entries[hash] = nil } }
        }
        entries[hash] = Entry(principal: principal, until: until)
    }
}
