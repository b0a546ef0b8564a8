internal import FHIR
internal import FoundationEssentials
internal import Logging
internal import Models
internal import ServiceKit

/// Gives partners' clients their tokens: SMART Backend Services (SMART App Launch 2).
///
/// What it reaches is passed in, so that tests can put anything behind it.
struct TokenEndpoint: Sendable {
    /// What a client gets.
    struct Grant: Hashable, Sendable {
        let accessToken: String
        let scopes: [String]
        let expiresIn: Duration
    }

    /// The URLs under which clients know this endpoint: what `aud` must be.
    let audiences: Set<String>
    let client: @Sendable (_ id: String) async throws -> ClientRegistry.Client?
    /// False for an assertion that was used before.
    let use:
        @Sendable (_ jti: String, _ client: ClientRegistry.Client, _ expiringAt: Instant, _ now: Instant) async throws
            ->
            Bool
    let keySets: KeySetCache
    let tokens: AccessTokens
    let clock: WallClock
    let ids: IDSource
    let logger: Logger

    /// Answers a request.
    ///
    /// - Parameter certificate: of the connection that the request came by.
    /// - Throws: ``TokenRefusal``; what the database throws.
    func grant(_ request: TokenRequest, certificate: CertificateThumbprint? = nil) async throws -> Grant {
        switch request.credential {
        case .assertion(let text): try await grant(request.scope, to: ClientAssertion(text))
        case .certificate(let clientID): try await grant(request.scope, to: clientID, holding: certificate)
        }
    }

    private func grant(
        _ scope: String, to clientID: String, holding certificate: CertificateThumbprint?
    ) async throws -> Grant {
        guard let client = try await client(clientID), let certificate, client.keys == .certificate(certificate) else {
            throw TokenRefusal.unknownClient
        }
        let scopes = try SMARTScope.granted(asked: scope, registered: client.scopes)
        return try give(scopes, to: client, at: clock.now(), boundTo: certificate)
    }

    private func grant(_ scope: String, to assertion: ClientAssertion) async throws -> Grant {
        guard let client = try await client(assertion.issuer), try await isSigned(assertion, by: client) else {
            throw TokenRefusal.unknownClient
        }
        let now = clock.now()
        // From here on it is the client who speaks, and may be told what is wrong.
        try assertion.check(audiences: audiences, now: now)
        let scopes = try SMARTScope.granted(asked: scope, registered: client.scopes)
        // As the last step: a request that is refused for its scope can be sent again as it is.
        let gone = assertion.expiresAt + ClientAssertion.leeway + .seconds(1)
        guard try await use(assertion.id, client, gone, now) else {
            throw TokenRefusal(.invalidClient, "This jti was used before.")
        }
        return try give(scopes, to: client, at: now)
    }

    private func give(
        _ scopes: [String], to client: ClientRegistry.Client, at now: Instant,
        boundTo certificate: CertificateThumbprint? = nil
    ) throws -> Grant {
        let token = try tokens.token(
            client: client.clientID, of: client.partnerID, in: client.agencyID, scopes: scopes, id: ids.uuid(), at: now,
            boundTo: certificate)
        logger.info(
            "token granted", metadata: ["agency_id": "\(client.agencyID)", "partner_id": "\(client.partnerID)"])
        return Grant(accessToken: token, scopes: scopes, expiresIn: AccessTokens.life)
    }

    /// Whether one of the client's registered keys signed it.
    func isSigned(_ assertion: ClientAssertion, by client: ClientRegistry.Client) async throws -> Bool {
        switch client.keys {
        case .inline(let bytes):
            guard assertion.keySetURL == nil else { return false }
            return await ClientKeySet(bytes)?.verifies(assertion) ?? false
        case .certificate: return false
        case .url(let url):
            // A jku is only believed where it is the registered place; then it says nothing new.
            guard assertion.keySetURL == nil || assertion.keySetURL == url else { return false }
            do {
                guard let keySet = try await keySets.keySet(at: url, having: assertion.keyID) else { return false }
                return await keySet.verifies(assertion)
            } catch let failure as KeySetFetch.Failure {
                logger.warning(
                    "a client's keys could not be fetched",
                    metadata: ["partner_id": "\(client.partnerID)", "reason": "\(failure.rawValue)"]
                )
                return false
            }
        }
    }
}
