import Crypto
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import ServiceKit

/// One issuer as it may be configured, a token of it, and who that is.
struct IssuerCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var configured = TokenIssuer(issuer: "https://id.test", agency: .north)
    var claims: @Sendable (inout JSONObject) -> Void = { _ in }
    /// Nil where the token is refused.
    var expected: Principal?

    static let peerID = "0193a1b0-0000-7000-8000-00000000000a"
    private static let coordinator = Principal(agencyID: .north, subject: "person-1", role: .coordinator)

    init(
        _ description: String, _ expected: Principal?, configured: (inout TokenIssuer) -> Void = { _ in },
        claims: @escaping @Sendable (inout JSONObject) -> Void = { _ in }
    ) {
        testDescription = description
        self.expected = expected
        self.claims = claims
        configured(&self.configured)
    }

    static let taken = [
        IssuerCase("the usual claims", coordinator),
        IssuerCase("an agency that is only configured", coordinator) { _ in
        } claims: {
            $0["agency_id"] = nil
        },
        IssuerCase("one of several agencies", coordinator) {
            ($0.agency, $0.agencies) = (nil, .only([.north, .south]))
        },
        IssuerCase(
            "an issuer for the whole installation", Principal(agencyID: .south, subject: "person-1", role: .operator)
        ) {
            ($0.agency, $0.agencies, $0.roles) = (nil, .all, [.operator])
        } claims: {
            $0["agency_id"] = .string(AgencyID.south.description)
            $0["role"] = "operator"
        },
        IssuerCase(
            "other names of claims",
            Principal(agencyID: .north, subject: "person-1", role: .peer, peerID: fixed(peerID))
        ) {
            $0.claims = ClaimNames(agency: "https://x.test/agency", role: "/realm_access/roles", peer: "employee")
        } claims: {
            ($0["agency_id"], $0["role"]) = (nil, nil)
            $0["https://x.test/agency"] = .string(AgencyID.north.description)
            $0["realm_access"] = ["roles": ["offline_access", "peer"]]
            $0["employee"] = .string(peerID)
        },
        IssuerCase("groups with names of their own", coordinator) {
            $0.claims = ClaimNames(role: "groups")
            $0.roleNames = ["Recovery Coordinators": .coordinator, "Intake": .coordinator, "Peers": .peer]
        } claims: {
            $0["groups"] = ["Everybody", "Intake", "Recovery Coordinators"]
        },
    ]

    static let refused = [
        IssuerCase("an agency's issuer that names another agency", nil) { _ in
        } claims: {
            $0["agency_id"] = .string(AgencyID.south.description)
        },
        IssuerCase("an agency beside the list", nil) { ($0.agency, $0.agencies) = (nil, .only([.south])) },
        IssuerCase("an agency that is no id", nil) { _ in
        } claims: {
            $0["agency_id"] = "north"
        },
        IssuerCase("an issuer without any agency", nil) { $0.agency = nil },
        IssuerCase("the operator, without being granted", nil) { _ in
        } claims: {
            $0["role"] = "operator"
        },
        IssuerCase("another process, without being granted", nil) { _ in
        } claims: {
            $0["role"] = "service"
        },
        IssuerCase("a partner, whose tokens are the service's own", nil) { _ in
        } claims: {
            $0["role"] = "partner"
            $0["partner_id"] = .string(peerID)
        },
        IssuerCase("a group mapped to a role that is not granted", nil) {
            $0.roleNames = ["Admins": .operator]
        } claims: {
            $0["role"] = "Admins"
        },
        IssuerCase("our own name of a role where the issuer has others", nil) {
            $0.roleNames = ["Peers": .peer, "Leads": .supervisor]
        } claims: {
            $0["role"] = "supervisor"
        },
        IssuerCase("two roles at once", nil) { _ in
        } claims: {
            $0["role"] = ["peer", "supervisor"]
        },
        IssuerCase("no role among the groups", nil) { _ in
        } claims: {
            $0["role"] = ["Everybody"]
        },
        IssuerCase("no role", nil) { _ in
        } claims: {
            $0["role"] = nil
        },
        IssuerCase("a role beside the list", nil) { $0.roles = [.peer] },
        IssuerCase("a peer whose id has another claim", nil) {
            $0.claims = ClaimNames(peer: "employee")
        } claims: {
            $0["role"] = "peer"
            $0["peer_id"] = .string(peerID)
        },
        IssuerCase("a pointer that leads nowhere", nil) { $0.claims = ClaimNames(role: "/role/x") },
    ]
}

@Suite("Issuers") struct IssuerTests {
    @Test("claims are read as the issuer's configuration says", arguments: IssuerCase.taken)
    func taken(_ example: IssuerCase) async throws {
        let issuer = TestIssuer()
        let token = try issuer.token(issuer.claims(example.claims))
        #expect(await issuer.verifier(example.configured).principal(of: token) == example.expected)
    }

    @Test("an issuer speaks for its agencies and roles only", arguments: IssuerCase.refused)
    func refused(_ example: IssuerCase) async throws {
        let issuer = TestIssuer()
        let token = try issuer.token(issuer.claims(example.claims))
        #expect(await issuer.verifier(example.configured).principal(of: token) == nil)
    }

    @Test(
        "keys come over https or from this machine",
        arguments: [
            ("https://id.test/keys", true), ("http://127.0.0.1:8080/keys", true), ("http://[::1]:1/", true),
            ("http://id.test/keys", false), ("http://127.0.0.1.id.test/", false), ("file:///etc/passwd", false),
            ("http://127.0.0.1:80@id.test/", false), ("https://id.test@other.test/", false),
            ("https://id.test/ x", false),
            ("https://id.test\\@other.test/", false), ("HTTPS://id.test", false),
        ]
    )
    func places(_ url: String, _ isSafe: Bool) {
        #expect(TokenIssuer.isSafe(url) == isSafe)
    }
}

/// An OpenID provider on loopback; what it answers can be changed.
private final class Provider: Sendable {
    struct Answers: Sendable {
        var issuer: String?
        var keySetURL: String?
        var isDown = false
        var described = 0
        var read = 0
    }

    let answers = NIOLockedValueBox(Answers())

    func with(
        path: String = "", _ body: @escaping @Sendable (TestIssuer, TokenVerifier) async throws -> Void
    ) async throws {
        let (answers, signer) = (answers, NIOLockedValueBox<TestIssuer?>(nil))
        let router = Router()
        router.get("tenant/.well-known/openid-configuration") { _, _ in
            let now = answers.withLockedValue { answers in
                answers.described += 1
                return answers
            }
            guard !now.isDown, let issuer = signer.withLockedValue({ $0 }) else { throw HTTPError(.serviceUnavailable) }
            let root = issuer.name.split(separator: "/tenant").joined()
            let description: JSONValue = [
                "issuer": .string(now.issuer ?? issuer.name), "jwks_uri": .string(now.keySetURL ?? "\(root)/keys"),
            ]
            return String(decoding: description.serialized(), as: UTF8.self)
        }
        router.get("keys") { _, _ in
            answers.withLockedValue { $0.read += 1 }
            guard let issuer = signer.withLockedValue({ $0 }) else { throw HTTPError(.serviceUnavailable) }
            return String(decoding: issuer.keySet(), as: UTF8.self)
        }
        try await Application(router: router, logger: .silent).test(.live) { (client) async throws -> Void in
            let issuer = TestIssuer("http://127.0.0.1:\(client.port ?? 0)/tenant\(path)")
            signer.withLockedValue { $0 = issuer }
            let loader = KeySetLoader()
            let configured = TokenIssuer(issuer: issuer.name, agency: .north)
            try await body(issuer, issuer.verifier(configured) { try await loader.load($0) })
        }
    }
}

@Suite("Issuers found by discovery") struct DiscoveryTests {
    @Test("describe where their keys are; both are read once", arguments: ["", "/"])
    func found(_ path: String) async throws {
        let provider = Provider()
        try await provider.with(path: path) { (issuer, verifier) async throws -> Void in
            for number in 0..<3 {
                let token = try issuer.token(issuer.claims { $0["jti"] = .string("\(number)") })
                #expect(await verifier.principal(of: token)?.role == .coordinator)
            }
        }
        #expect(provider.answers.withLockedValue { [$0.described, $0.read] } == [1, 1])
    }

    @Test("that describe another issuer, or keys in an unsafe place, are not believed")
    func mistaken() async throws {
        let provider = Provider()
        try await provider.with { (issuer, verifier) async throws -> Void in
            let token = try issuer.token(issuer.claims())
            let root = issuer.name.split(separator: "/tenant").joined()
            for (name, url) in [
                ("\(issuer.name)/", nil), ("https://id.test", nil), (nil, "http://keys.id.test/keys"),
                (nil, "\(root.replacing("http://", with: "http://x@"))/keys"),
            ] {
                provider.answers.withLockedValue { ($0.issuer, $0.keySetURL) = (name, url) }
                issuer.clock.withLockedValue { $0 = $0 + .seconds(31) }
                #expect(await verifier.principal(of: token) == nil, "\(name ?? url ?? "")")
            }
            #expect(provider.answers.withLockedValue(\.read) == 0)
            provider.answers.withLockedValue { ($0.issuer, $0.keySetURL) = (nil, nil) }
            issuer.clock.withLockedValue { $0 = $0 + .seconds(31) }
            #expect(await verifier.principal(of: token) != nil)
        }
    }

    @Test("may be down: who has come in before still does, and new keys are found once they are back")
    func down() async throws {
        let provider = Provider()
        try await provider.with { (issuer, verifier) async throws -> Void in
            let token = { (number: Int) throws in
                try issuer.token(
                    issuer.claims {
                        $0["jti"] = .string("\(number)")
                        $0["exp"] = 1_010_000
                    })
            }
            provider.answers.withLockedValue { $0.isDown = true }
            #expect(await verifier.principal(of: try token(0)) == nil)
            provider.answers.withLockedValue { $0.isDown = false }
            issuer.clock.withLockedValue { $0 = $0 + .seconds(31) }
            #expect(await verifier.principal(of: try token(1)) != nil)
            provider.answers.withLockedValue { $0.isDown = true }
            issuer.clock.withLockedValue { $0 = $0 + .seconds(600) }
            #expect(await verifier.principal(of: try token(2)) != nil)
            issuer.key.withLockedValue { $0 = P384.Signing.PrivateKey() }
            #expect(await verifier.principal(of: try token(3)) == nil)
            provider.answers.withLockedValue { $0.isDown = false }
            issuer.clock.withLockedValue { $0 = $0 + .seconds(300) }
            #expect(await verifier.principal(of: try token(3)) != nil)
        }
    }
}
