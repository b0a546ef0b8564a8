internal import Crypto
internal import FHIR
internal import JSON
internal import ServiceKit

/// The door for organisations that refer: FHIR, and the tokens to come in with.
struct PartnerDoor: Sendable {
    /// The settings that it reads.
    static let settings: [SettingReference] = [
        SettingReference(
            "HANDRAIL_REFERRALS_PUBLIC_URL", "URL under which partners reach this service, without a path",
            fallback: "http:// and the listening address where HANDRAIL_ENV=local; otherwise required"
        ),
        SettingReference(
            "HANDRAIL_REFERRALS_TOKEN_KEY_FILE", "PEM private key on P-384 that signs partners' tokens",
            fallback: "a key of the process's own where HANDRAIL_ENV=local; otherwise required"
        ),
    ]

    /// What is missing or wrong in the settings.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    private let fhir: FHIRRoutes
    private let smart: SMARTRoutes
    /// The service as the issuer of its partners' tokens.
    let issuer: OwnIssuer

    /// - Throws: ``Mistake``; what swift-crypto throws of a key that is none.
    init(_ environment: ServiceEnvironment, store: Store) throws {
        let settings = environment.settings
        let isLocal = settings.deployment == .local
        guard let url = settings["HANDRAIL_REFERRALS_PUBLIC_URL"] ?? (isLocal ? "http://\(settings.listen)" : nil)
        else { throw Mistake(description: "HANDRAIL_REFERRALS_PUBLIC_URL is missing") }
        guard isLocal || url.hasPrefix("https://"), !url.hasSuffix("/") else {
            throw Mistake(description: "HANDRAIL_REFERRALS_PUBLIC_URL must be https, without a slash at the end")
        }
        let file = settings.secret("HANDRAIL_REFERRALS_TOKEN_KEY_FILE").map { String(decoding: $0, as: UTF8.self) }
        guard let pem = file ?? (isLocal ? P384.Signing.PrivateKey().pemRepresentation : nil) else {
            throw Mistake(description: "HANDRAIL_REFERRALS_TOKEN_KEY_FILE is missing")
        }
        let tokens = try AccessTokens(issuer: url, audience: environment.name, pem: pem)
        let registry = ClientRegistry(pool: environment.database.workers)
        let fetch = KeySetFetch(allowsLocal: isLocal)
        let endpoint = TokenEndpoint(
            audiences: [url + SMARTRoutes.tokenPath], client: registry.client, use: registry.use,
            keySets: KeySetCache(clock: environment.clock) { try await fetch($0) }, tokens: tokens,
            clock: environment.clock, ids: environment.ids, logger: environment.logger
        )
        fhir = FHIRRoutes(database: environment.database, store: store, publicURL: url, clock: environment.clock)
        smart = SMARTRoutes(publicURL: url, endpoint: endpoint, scopes: FHIRRoutes.scopes)
        issuer = OwnIssuer(issuer: url, audience: environment.name, keySet: tokens.publicKeys.serialized())
    }

    func add(to routes: inout Routes) {
        // The first prefix that fits renders a problem: the longer one stands in front.
        smart.add(to: &routes)
        fhir.add(to: &routes)
    }
}
