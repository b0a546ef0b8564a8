import Crypto
import FHIR
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Models
import NIOConcurrencyHelpers
import NIOCore
import Postgres
import ReferralsDomain
import ReferralsSettings
import ServiceKit
import TestKit
import Testing

@testable import Referrals

/// The partners' door in process, in front of a database of its own. A test token is `partner|client|scopes`.
struct PartnerServer: Sendable {
    static let publicURL = "https://handrail.example"
    static let allScopes = "system/*.cruds"
    /// Whose pages in browsers may call the hooks.
    static let ehrPages = WebOrigins("https://ehr.example", allowsPlain: false) ?? WebOrigins()

    let referring: Referring
    let client: any TestClientProtocol
    let keySets: KeySetSource
    private let api: API

    /// A way in for listeners of other protocols.
    func sideDoor() throws -> SideDoor { api.sideDoor(.silent) }

    static func with(
        realTokens: Bool = false, mostRows: Int = 2000, over testing: TestingSetup = .router,
        _ body: @escaping @Sendable (PartnerServer) async throws -> Void
    ) async throws {
        try await Referring.with { referring in
            let keySets = KeySetSource()
            var routes = Routes()
            let tokens = try Self.tokens()
            addRoutes(to: &routes, for: referring, tokens: tokens, keySets: keySets, mostRows: mostRows)
            routes.mapErrors(ReferralProblems.problem)
            let verifier = TokenVerifier(
                service: "referrals",
                issuers: [
                    TokenIssuer(issuer: publicURL, audience: "referrals", agencies: .all, roles: [.partner])
                ],
                clock: referring.clock.wall, logger: .silent
            ) { _ in tokens.publicKeys.serialized() }
            let agencyID = referring.agencyID
            let api = API(
                service: "referrals", ServiceDefinition(routes: routes, openAPI: []),
                gate: Gate(
                    authenticator: realTokens ? verifier.authenticator : Self.testTokens(agencyID),
                    agencies: .postgres(referring.pool), rules: .inForce,
                    fingerprint: BodyFingerprint(key: [UInt8](repeating: 7, count: 32)),
                    denials: .postgres(referring.pool, ids: referring.store.ids, logger: .silent),
                    callers: .header("X-Forwarded-For")
                ),
                logger: .silent
            )
            try await Application(
                responder: api.responder, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                logger: .silent
            ).test(testing) { client in
                try await body(PartnerServer(referring: referring, client: client, keySets: keySets, api: api))
            }
        }
    }

    static func tokens() throws -> AccessTokens {
        try AccessTokens(
            issuer: publicURL, audience: "referrals", pem: P384.Signing.PrivateKey().pemRepresentation
        )
    }

    /// The routes of the door, in front of a test's own database.
    static func addRoutes(
        to routes: inout Routes, for referring: Referring, on pool: Pool? = nil, tokens: AccessTokens,
        keySets: KeySetSource = KeySetSource(), mostRows: Int = 2000
    ) {
        let registry = ClientRegistry(pool: referring.workers)
        let endpoint = TokenEndpoint(
            audiences: ["\(publicURL)\(SMARTRoutes.tokenPath)"], client: registry.client, use: registry.use,
            keySets: KeySetCache(clock: referring.clock.wall) { try await keySets.fetch($0) }, tokens: tokens,
            clock: referring.clock.wall, ids: referring.store.ids, logger: .silent
        )
        SMARTRoutes(publicURL: publicURL, endpoint: endpoint, scopes: FHIRRoutes.scopes).add(to: &routes)
        FHIRRoutes(
            database: Database(pool: pool ?? referring.pool, workers: referring.workers), store: referring.store,
            publicURL: publicURL, clock: referring.clock.wall, mostRows: mostRows
        ).add(to: &routes)
        HL7Routes(
            database: Database(pool: pool ?? referring.pool, workers: referring.workers), store: referring.store,
            clock: referring.clock.wall, rules: .test
        ).add(to: &routes)
        HookRoutes(
            publicURL: publicURL, endpoint: endpoint,
            database: Database(pool: pool ?? referring.pool, workers: referring.workers), store: referring.store,
            clock: referring.clock.wall, rules: .test, origins: ehrPages
        ).add(to: &routes)
    }

    /// The door for people with accounts.
    static func addAccountRoutes(to routes: inout Routes, for referring: Referring, tokens: AccessTokens) {
        AccountRoutes(
            database: Database(pool: referring.pool, workers: referring.workers), store: referring.store,
            tokens: tokens, hasher: PasswordHasher(cost: ScryptCost(logRounds: 4, blockSize: 8, parallelism: 1)),
            clock: referring.clock.wall
        ).add(to: &routes)
    }

    private static func testTokens(_ agencyID: AgencyID) -> Authenticator {
        Authenticator { token throws(Problem) in
            let parts = token.split(separator: "|").map(String.init)
            guard parts.count == 3, let partner = PartnerID(parts[0]) else { throw Problem.unauthenticated }
            return Principal(
                agencyID: agencyID, subject: parts[1], role: .partner,
                scopes: Set(parts[2].split(separator: " ").map(String.init)), partnerID: partner
            )
        }
    }

    /// What was told about referrals, in its order.
    func told() async throws -> [String] {
        try await referring.topics().filter { $0.hasPrefix("referral.") }
    }

    /// A hospital with its client.
    func hospital(_ name: String = "General Hospital") async throws -> Sender {
        let partnerID = try await referring.hospital(name)
        return Sender(server: self, partnerID: partnerID, clientID: try await newClient(of: partnerID))
    }

    /// Another client of a hospital.
    func newClient(of partnerID: PartnerID) async throws -> String {
        try await referring.work { work in
            try await referring.store.addClient(
                of: partnerID, keys: .url("https://keys.example/jwks"), scopes: [Self.allScopes], in: work)
        }
    }
}

extension OverdoseRules {
    // swift-format-ignore: NeverUseForceTry
    static let test = try! OverdoseRules.standard()
}

/// Key sets as clients would publish them.
final class KeySetSource: Sendable {
    private struct State {
        var sets: [String: (body: [UInt8], lifetime: Duration)] = [:]
        var fetches = 0
    }

    private let state = NIOLockedValueBox(State())

    var fetches: Int { state.withLockedValue(\.fetches) }

    func publish(_ body: [UInt8], at url: String, lifetime: Duration = .seconds(60)) {
        state.withLockedValue { $0.sets[url] = (body, lifetime) }
    }

    func fetch(_ url: String) async throws -> KeySetFetch.Fetched {
        let found = state.withLockedValue { state in
            state.fetches += 1
            return state.sets[url]
        }
        guard let found else { throw KeySetFetch.Failure.notAnswered }
        return KeySetFetch.Fetched(body: found.body, lifetime: found.lifetime)
    }
}

/// One hospital's client.
struct Sender: Sendable {
    let server: PartnerServer
    let partnerID: PartnerID
    var clientID: String
    var scopes = PartnerServer.allScopes

    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue

        var document: FHIRDocument {
            get throws { try FHIRDocument(#require(json.object)) }
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = [], type: String = "application/fhir+json",
        headers: [String: String] = [:], token: String? = nil
    ) async throws -> Answer {
        var fields: HTTPFields = [
            .authorization: "Bearer \(token ?? "\(partnerID)|\(clientID)|\(scopes)")"
        ]
        if !body.isEmpty { fields[.contentType] = type }
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        let response = try await server.client.execute(
            uri: path, method: method, headers: fields, body: ByteBuffer(bytes: body)
        )
        let bytes = Array(response.body.readableBytesView)
        return Answer(
            status: response.status, headers: response.headers,
            json: bytes.isEmpty ? .null : try JSONValue.parse(bytes)
        )
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send(.get, path, headers: headers)
    }

    func post(_ path: String, _ json: JSONValue, headers: [String: String] = [:]) async throws -> Answer {
        try await send(.post, path, json.serialized(), headers: headers)
    }

    /// Refers, and gives the paths of what was created, in the order of the entries.
    func refer(_ change: (inout JSONValue) -> Void = { _ in }) async throws -> [String] {
        let answer = try await post("/fhir", try SampleReferral.bundle(change))
        #expect(answer.status == .ok, "\(String(decoding: answer.json.serialized(), as: UTF8.self))")
        return try Self.paths(answer)
    }

    static func paths(_ answer: Answer) throws -> [String] {
        try #require(answer.json[["entry"]]?.array).map { entry in
            let location = try #require(entry[["response", "location"]]?.string)
            return "/fhir/" + location.split(separator: "/").prefix(2).joined(separator: "/")
        }
    }
}

/// What a hospital sends.
enum SampleReferral {
    static func bundle(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var value = try JSONValue.parse(Array(text.utf8))
        change(&value)
        return value
    }

    /// Patient, Consent, ServiceRequest, Task, Encounter, Organization.
    private static let text = """
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001",
           "request":{"method":"POST","url":"Patient"},
           "resource":{"resourceType":"Patient",
             "identifier":[{"system":"http://hospital.example/mrn","value":"12345"}],
             "extension":[{"url":"http://hospital.example/weight","valueDecimal":72.50}],
             "name":[{"family":"Example","given":["Robin"]}],"birthDate":"1990-04-01"}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000002","request":{"method":"POST","url":"Consent"},
           "resource":{"resourceType":"Consent","status":"active",
             "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
             "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
             "patient":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"},"dateTime":"2026-11-22",
             "policyRule":{"text":"42 CFR Part 2"},
             "provision":{"type":"permit","period":{"end":"2027-11-22"},
               "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}],
               "actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
               "code":"IRCP"}]},"reference":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000006"}}]}}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000003",
           "request":{"method":"POST","url":"ServiceRequest"},
           "resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"stat",
             "identifier":[{"system":"http://hospital.example/orders","value":"ORD-1"}],
             "code":{"coding":[{"system":"http://snomed.info/sct","code":"461481000124109"}]},
             "subject":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"},
             "encounter":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000005"},
             "supportingInfo":[{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000002"}],
             "requester":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000006"},
             "authoredOn":"2026-11-22T00:55:00-05:00"}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000004","request":{"method":"POST","url":"Task"},
           "resource":{"resourceType":"Task","status":"requested","intent":"order",
             "code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
             "focus":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000003"},
             "for":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"},
             "requester":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000006"},
             "authoredOn":"2026-11-22T00:55:00-05:00"}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000005","request":{"method":"POST","url":"Encounter"},
           "resource":{"resourceType":"Encounter","status":"in-progress",
             "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"EMER"}}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000006",
           "request":{"method":"POST","url":"Organization"},
           "resource":{"resourceType":"Organization","name":"General Hospital"}}
        ]}
        """
}
