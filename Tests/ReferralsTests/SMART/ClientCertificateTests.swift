import AsyncHTTPClient
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import HummingbirdTesting
import JSON
import Models
import NIOCore
import NIOHTTP1
import NIOSSL
import Postgres
import ReferralsDomain
import TestKit
import Testing
import X509

@testable import Referrals
@testable import ServiceKit

@Suite("Clients that come with a certificate")
struct ClientCertificateTests {
    private static let form = "grant_type=client_credentials&scope=system/Task.rus&client_id="

    /// A client that is registered by its certificate.
    private static func register(_ thumbprint: CertificateThumbprint, _ referring: Referring) async throws -> String {
        let hospital = try await referring.hospital("First")
        return try await referring.work { work in
            try await referring.store.addClient(
                of: hospital, keys: .certificate(thumbprint), scopes: ["system/Task.rus"], in: work)
        }
    }

    /// The token endpoint alone.
    private static func responder(
        _ referring: Referring, _ source: ClientCertificateSource?
    ) throws -> RouterResponder<APIContext> {
        let registry = ClientRegistry(pool: referring.workers)
        let tokens = try PartnerServer.tokens()
        let endpoint = TokenEndpoint(
            audiences: ["x"], client: registry.client, use: registry.use,
            keySets: KeySetCache(clock: referring.clock.wall) { _ in throw KeySetFetch.Failure.notAnswered },
            tokens: tokens, clock: referring.clock.wall, ids: referring.store.ids, logger: .silent)
        var routes = Routes()
        SMARTRoutes(
            publicURL: PartnerServer.publicURL, endpoint: endpoint, scopes: FHIRRoutes.scopes, certificates: source
        ).add(to: &routes)
        let gate = Gate(
            authenticator: AccountDoor.verifier(of: tokens, for: "referrals", at: referring.clock.wall).authenticator,
            agencies: .postgres(referring.pool), rules: .inForce,
            fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
            denials: .postgres(referring.pool, ids: referring.store.ids, logger: .silent), certificates: source)
        FHIRRoutes(
            database: Database(pool: referring.pool, workers: referring.workers), store: referring.store,
            publicURL: PartnerServer.publicURL, clock: referring.clock.wall
        ).add(to: &routes)
        return API(
            service: "referrals", ServiceDefinition(routes: routes, openAPI: []), gate: gate, logger: .silent
        ).responder
    }

    @Test("over a real connection: the registered certificate opens, another, none, and one of nobody's do not")
    func connection() async throws {
        try await Referring.with { referring in
            let (authority, stranger) = (try TestAuthority(), try TestAuthority())
            let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
            func write(_ name: String, _ text: String) throws -> String {
                try Data(text.utf8).write(to: folder.appending(path: name))
                return folder.appending(path: name).path
            }
            let server = try authority.identity("localhost")
            let (hospital, other, forger) = (
                try authority.identity("hospital"), try authority.identity("other"), try stranger.identity("hospital")
            )
            let tls = try Listeners.configuration(
                write("server.pem", server.certificatePEM), write("server.key", server.keyPEM),
                clientAuthority: write("authority.pem", authority.pem))
            let clientID = try await Self.register(
                try #require(CertificateThumbprint(ofPEM: hospital.certificatePEM)), referring)
            let application = Application(
                responder: try Self.responder(referring, .connection),
                server: try .tls(.http1(), tlsConfiguration: tls), logger: .silent)
            try await application.test(.ahc(.https)) { (test) async throws -> Void in
                let port = try #require(test.port)
                func ask(
                    _ identity: TestAuthority.Identity?, _ id: String, token: String? = nil
                ) async throws -> (Int, JSONValue) {
                    var trust = try authority.clientConfiguration()
                    if let identity {
                        trust.certificateChain = [.certificate(identity.certificate)]
                        trust.privateKey = .privateKey(
                            try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem))
                    }
                    var configuration = HTTPClient.Configuration(tlsConfiguration: trust)
                    configuration.connectionPool.retryConnectionEstablishment = false
                    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
                    let path = token == nil ? "/auth/token" : "/fhir/Task"
                    var request = HTTPClientRequest(url: "https://localhost:\(port)\(path)")
                    if let token {
                        request.headers.add(name: "Authorization", value: "Bearer \(token)")
                    } else {
                        request.method = .POST
                        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
                        request.body = .bytes(Array("\(Self.form)\(id)".utf8))
                    }
                    do {
                        let response = try await client.execute(request, timeout: .seconds(60))
                        let body = Array(try await response.body.collect(upTo: 1 << 16).readableBytesView)
                        try await client.shutdown()
                        return (Int(response.status.code), try JSONValue.parse(body))
                    } catch {
                        try await client.shutdown()
                        throw error
                    }
                }
                let good = try await ask(hospital, clientID)
                #expect(good.0 == 200, "\(good.1)")
                let token = try #require(good.1["access_token"]?.string)
                // The token is bound: with the certificate it opens, without it, or with another, it was stolen.
                #expect(try await ask(hospital, clientID, token: token).0 == 200)
                #expect(try await ask(nil, clientID, token: token).0 == 401)
                #expect(try await ask(other, clientID, token: token).0 == 401)
                let denied = try await referring.look(
                    Statement(
                        "test.stolen",
                        "select reason from referral.audit_event where decision = 'deny' and subject <> ''"),
                    as: String.self)
                #expect(denied == ["invalid-token", "invalid-token"])
                for (what, identity, id) in [
                    ("another certificate of the same authority", other, clientID), ("no certificate", nil, clientID),
                    ("another client's id", hospital, "\(referring.agencyID).x"), ("an id of no form", hospital, "x"),
                ] as [(String, TestAuthority.Identity?, String)] {
                    let refused = try await ask(identity, id)
                    #expect(refused.0 == 401, "\(what)")
                    #expect(refused.1["error"] == "invalid_client", "\(what)")
                }
                // Whoever brings a certificate that nobody vouches for does not even come to ask.
                await #expect(throws: (any Error).self) { try await ask(forger, clientID) }
            }
        }
    }

    @Test("behind a proxy the header is believed only where it is set, whole, and once")
    func header() async throws {
        try await Referring.with { referring in
            let identity = try TestAuthority().identity("hospital")
            let pem = identity.certificatePEM
            let clientID = try await Self.register(try #require(CertificateThumbprint(ofPEM: pem)), referring)
            let der = ":\(Data(try identity.certificate.toDERBytes()).base64EncodedString()):"
            let escaped = pem.replacing("\n", with: "%0A").replacing(" ", with: "%20").replacing("+", with: "%2B")
            let field = try #require(HTTPField.Name("Client-Cert"))
            func ask(_ source: ClientCertificateSource?, _ values: [String], _ more: String = "") async throws -> Int {
                let application = Application(responder: try Self.responder(referring, source), logger: .silent)
                return try await application.test(.router) { client in
                    var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
                    for value in values { headers.append(HTTPField(name: field, value: value)) }
                    return try await client.execute(
                        uri: "/auth/token", method: .post, headers: headers,
                        body: ByteBuffer(string: Self.form + clientID + more)
                    ).status.code
                }
            }
            let source = ClientCertificateSource.header("Client-Cert")
            #expect(try await ask(source, [der]) == 200)
            #expect(try await ask(source, [escaped]) == 200)
            #expect(try await ask(nil, [der]) == 401)
            #expect(try await ask(.connection, [der]) == 401)
            #expect(try await ask(.header("X-Other"), [der]) == 401)
            #expect(try await ask(source, [der, der]) == 401)
            for wrong in [
                "", "::", "x", String(der.dropLast(9)) + ":", ":\(pem):", "%ZZ", "%2", String(escaped.dropLast(40)),
            ] {
                #expect(try await ask(source, [wrong]) == 401, "\(wrong)")
            }
            // An assertion beside it is what counts, and must then hold.
            #expect(
                try await ask(source, [der], "&client_assertion=x&client_assertion_type=\(TokenRequest.assertionType)")
                    == 401)
        }
    }
}
