internal import Crypto
internal import FHIR
internal import JSON
internal import Models
internal import ReferralsDomain
internal import ReferralsSettings
internal import ServiceKit

/// The door for organisations that refer: FHIR, HL7 v2, CDS Hooks, and the tokens to come in with.
struct PartnerDoor: Sendable {
    /// A setting that production needs is missing.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    private let fhir: FHIRRoutes
    private let smart: SMARTRoutes
    private let hl7: HL7Routes
    private let hooks: HookRoutes
    /// What signs the tokens that the service gives.
    let tokens: AccessTokens
    /// The service as the issuer of the tokens that it gives to partners and to the owners of accounts.
    let issuer: OwnIssuer

    /// Where partners reach the service.
    var publicURL: String { issuer.issuer }
    /// Where the FHIR server is.
    var baseURL: String { fhir.baseURL }

    /// - Throws: ``Mistake``; what swift-crypto throws of a key that is none.
    init(_ environment: ServiceEnvironment, store: Store, rules: OverdoseRules) throws {
        let settings = environment.settings
        let isLocal = settings.deployment == .local
        guard let url = settings[ReferralsSettings.publicURL] ?? (isLocal ? "http://\(settings.listen)" : nil)
        else { throw Mistake(description: "\(ReferralsSettings.publicURL) is missing") }
        let file = settings.secret(ReferralsSettings.tokenKey).map { String(decoding: $0, as: UTF8.self) }
        guard let pem = file ?? (isLocal ? P384.Signing.PrivateKey().pemRepresentation : nil) else {
            throw Mistake(description: "\(ReferralsSettings.tokenKey) is missing")
        }
        let tokens = try AccessTokens(issuer: url, audience: environment.name, pem: pem)
        let registry = ClientRegistry(pool: environment.database.workers)
        let fetch = KeySetFetch(allowsLocal: isLocal)
        let endpoint = TokenEndpoint(
            audiences: [url + SMARTRoutes.tokenPath], client: registry.client, use: registry.use,
            keySets: KeySetCache(clock: environment.clock) { try await fetch($0) }, tokens: tokens,
            clock: environment.clock, ids: environment.ids, logger: environment.logger
        )
        fhir = FHIRRoutes(
            database: environment.database, store: store, publicURL: url, clock: environment.clock,
            allowsLocal: isLocal)
        hl7 = HL7Routes(
            database: environment.database, store: store, clock: environment.clock, rules: rules,
            metrics: environment.metrics)
        hooks = HookRoutes(
            publicURL: url, endpoint: endpoint, database: environment.database, store: store, clock: environment.clock,
            rules: rules,
            origins: settings[ReferralsSettings.hookOrigins].flatMap { WebOrigins($0, allowsPlain: isLocal) }
                ?? .init(),
            metrics: environment.metrics)
        smart = SMARTRoutes(
            publicURL: url, endpoint: endpoint, scopes: FHIRRoutes.scopes, certificates: settings.clientCertificates)
        self.tokens = tokens
        let roles = Set(Role.allCases.filter { $0 == .partner || Account.mayHave($0) })
        issuer = OwnIssuer(issuer: url, roles: roles, keySet: tokens.publicKeys.serialized())
    }

    func add(to routes: inout Routes) {
        // The first prefix that fits renders a problem: the longer one stands in front.
        smart.add(to: &routes)
        fhir.add(to: &routes)
        hl7.add(to: &routes)
        hooks.add(to: &routes)
    }
}
