import Crypto
import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

/// A registered client whose credentials are brought in every wrong way, to the real endpoint and the real verifier.
@Suite("Bad assertions, and tokens in the wrong place")
struct BadAssertionTests {
    private struct Registered: Sendable {
        let sender: Sender
        let clientID: String
        let client: TestClient
        let server: PartnerServer

        var now: Instant { server.referring.clock.now }

        func ask(_ assertion: String, from address: String = "192.0.2.1") async throws -> Sender.Answer {
            try await sender.send(
                .post, "/auth/token", TestClient.form(assertion: assertion),
                type: "application/x-www-form-urlencoded", headers: ["X-Forwarded-For": address])
        }

        func token() async throws -> String {
            let answer = try await ask(try client.assertion(clientID: clientID, at: now))
            return try #require(answer.json[["access_token"]]?.string)
        }
    }

    private static func with(_ body: @escaping @Sendable (Registered) async throws -> Void) async throws {
        try await PartnerServer.with(realTokens: true) { server in
            let sender = try await server.hospital()
            let client = TestClient()
            let id = try await server.referring.work { work in
                try await server.referring.store.addClient(
                    of: sender.partnerID, keys: .inline(client.keySet),
                    scopes: ["system/ServiceRequest.c", "system/Task.rus"], in: work)
            }
            try await body(Registered(sender: sender, clientID: id, client: client, server: server))
        }
    }

    private typealias Change = (inout JSONValue) -> Void

    @Test(
        "who is not the client learns nothing of it: another key, another client, a key in the header are answered alike"
    )
    func strangers() async throws {
        try await Self.with { registered in
            let (id, now) = (registered.clientID, registered.now)
            let forger = TestClient()
            let other = "\(registered.server.referring.agencyID).\(UUID().uuidString.lowercased())"
            var attempts: [(String, String)] = [
                ("another key", try forger.assertion(clientID: id, at: now)),
                ("a client that is not there", try registered.client.assertion(clientID: other, at: now)),
                ("a client of no agency", try registered.client.assertion(clientID: "x", at: now)),
                ("expired and forged", try forger.assertion(clientID: id, at: now - .seconds(9000))),
                ("another key's id", try TestClient(keyID: "key-2").assertion(clientID: id, at: now)),
                (
                    "the algorithm of RSA",
                    try registered.client.assertion(
                        clientID: id, at: now, header: { $0[["alg"]] = "RS384" })
                ),
                (
                    "a jku of its own",
                    try registered.client.assertion(
                        clientID: id, at: now, header: { $0[["jku"]] = "https://forger.example/keys" })
                ),
            ]
            let embedded: [(String, JSONValue)] = [
                ("jwk", forger.key.publicKey.webKey(id: "key-1")), ("x5u", "https://forger.example/certificate"),
                ("x5c", [.string(Data(forger.key.publicKey.derRepresentation).base64EncodedString())]),
            ]
            for (name, value) in embedded {
                attempts.append(
                    (
                        name,
                        try forger.assertion(
                            clientID: id, at: now, header: { $0[[.member(name)]] = value })
                    ))
            }
            var answers: Set<String> = []
            for (what, assertion) in attempts {
                let answer = try await registered.ask(assertion)
                #expect(answer.status == .unauthorized, "\(what)")
                answers.insert(String(decoding: answer.json.serialized(), as: UTF8.self))
            }
            #expect(answers.count == 1, "\(answers)")
            let rows = try await registered.server.referring.look(
                Statement("test.denied", "select distinct reason || ' ' || operation_id from referral.denied_access"),
                as: String.self)
            #expect(rows == ["invalid-token grantToken"])
        }
    }

    @Test("one address may fail sixty times at once; then it waits, and nobody else does")
    func bounded() async throws {
        try await Self.with { registered in
            let forged = try TestClient().assertion(clientID: registered.clientID, at: registered.now)
            var statuses: [Int: Int] = [:]
            for _ in 0..<100 { statuses[try await registered.ask(forged).status.code, default: 0] += 1 }
            // One more is taken for each second that the test takes.
            #expect((60...90).contains(statuses[401] ?? 0), "\(statuses)")
            #expect(statuses[429] ?? 0 >= 10, "\(statuses)")
            let good = try registered.client.assertion(clientID: registered.clientID, at: registered.now)
            #expect(try await registered.ask(good, from: "198.51.100.9").status == .ok)
            let rows = try await registered.server.referring.look(
                Statement("test.rows", "select reason from referral.denied_access"), as: String.self)
            #expect(rows.count <= 60)
        }
    }

    @Test("no spelling of none, and no shared secret made of the public key, stands for a signature")
    func unsigned() async throws {
        try await Self.with { registered in
            let good = try registered.client.assertion(clientID: registered.clientID, at: registered.now)
            let parts = good.split(separator: ".").map(String.init)
            let key = registered.client.key.publicKey
            for name in ["none", "None", "NONE", "nOnE", ""] {
                let header = Base64URL.encode(Array(#"{"alg":"\#(name)","kid":"key-1","typ":"JWT"}"#.utf8))
                for signature in ["", parts[2]] {
                    #expect(try await registered.ask("\(header).\(parts[1]).\(signature)").status == .unauthorized)
                }
            }
            for secret in [Array(key.pemRepresentation.utf8), Array(key.derRepresentation), registered.client.keySet] {
                for name in ["HS256", "HS384"] {
                    let input =
                        Base64URL.encode(Array(#"{"alg":"\#(name)","kid":"key-1","typ":"JWT"}"#.utf8)) + "." + parts[1]
                    let code =
                        name == "HS256"
                        ? Array(
                            HMAC<SHA256>.authenticationCode(for: Array(input.utf8), using: SymmetricKey(data: secret)))
                        : Array(
                            HMAC<SHA384>.authenticationCode(for: Array(input.utf8), using: SymmetricKey(data: secret)))
                    #expect(try await registered.ask("\(input).\(Base64URL.encode(code))").status == .unauthorized)
                }
            }
            #expect(try await registered.ask(good).status == .ok)
        }
    }

    @Test("members given twice, crit, b64 and endless texts are refused, signed or not")
    func forms() async throws {
        try await Self.with { registered in
            let (id, key) = (registered.clientID, registered.client.key)
            let header = #"{"alg":"ES384","kid":"key-1","typ":"JWT"}"#
            func signed(_ header: String, _ more: String) throws -> String {
                let exp = registered.now.unixSeconds + 240
                let url = "\(PartnerServer.publicURL)/auth/token"
                let claims =
                    #"{"iss":"\#(id)","sub":"\#(id)","aud":"\#(url)","exp":\#(exp),"jti":"\#(UUID())"\#(more)}"#
                let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
                let signature = try key.signature(for: Array(input.utf8)).rawRepresentation
                return input + "." + Base64URL.encode(signature)
            }
            #expect(try await registered.ask(try signed(header, "")).status == .ok)
            let bad = [
                try signed(header, #","iss":"other""#), try signed(header, #","exp":9999999999"#),
                try signed(header, #","\u006ati":"another""#), try signed(header.dropLast() + #","alg":"none"}"#, ""),
                try signed(header.dropLast() + #","crit":["b64"],"b64":false}"#, ""),
                try signed(header.dropLast() + #","crit":[]}"#, ""),
                try signed(header.dropLast() + #","b64":false}"#, ""),
                try signed(header, #","x":"\#(String(repeating: "a", count: 9000))""#),
            ]
            for assertion in bad { #expect(try await registered.ask(assertion).status == .unauthorized) }
            let endless = try signed(header, #","x":"\#(String(repeating: "a", count: 60000))""#)
            #expect(try await registered.ask(endless).status == .contentTooLarge)
        }
    }

    @Test("an assertion opens no door, an access token is no assertion, and neither passes for a session's token")
    func wrongPlace() async throws {
        try await Self.with { registered in
            let assertion = try registered.client.assertion(clientID: registered.clientID, at: registered.now)
            #expect(try await registered.sender.send(.get, "/fhir/Task", token: assertion).status == .unauthorized)
            let access = try await registered.token()
            #expect(try await registered.sender.send(.get, "/fhir/Task", token: access).status == .ok)
            #expect(try await registered.ask(access).status == .unauthorized)
            // An assertion that names the service as its audience and issuer is still the client's, not the service's.
            let posing = try registered.client.assertion(
                clientID: registered.clientID, at: registered.now,
                claims: {
                    $0[["iss"]] = .string(PartnerServer.publicURL)
                    $0[["aud"]] = "referrals"
                    $0[["agency_id"]] = .string(registered.server.referring.agencyID.description)
                    $0[["role"]] = "partner"
                    $0[["partner_id"]] = .string(registered.sender.partnerID.description)
                })
            #expect(try await registered.sender.send(.get, "/fhir/Task", token: posing).status == .unauthorized)
            #expect(try await registered.ask(assertion).status == .ok)
            #expect(try await registered.ask(assertion).status == .unauthorized)
        }
    }

    @Test(
        "a partner's token is for referrals alone; one of an account for every service, and neither for another agency")
    func audiences() async throws {
        try await Self.with { registered in
            let clock = registered.server.referring.clock
            let tokens = try PartnerServer.tokens()
            let agencyID = registered.server.referring.agencyID
            let partner = try tokens.token(
                client: "c", of: registered.sender.partnerID, in: agencyID, scopes: ["a"], id: UUID(), at: clock.now)
            let person = try tokens.token(
                of: Principal(agencyID: agencyID, subject: "a", role: .coordinator), id: UUID(), at: clock.now)
            for (service, opens) in [("referrals", [true, true]), ("scheduling", [false, true])] {
                let verifier = AccountDoor.verifier(of: tokens, for: service, at: clock.wall)
                for (token, isGood) in zip([partner, person], opens) {
                    let principal: Principal?
                    do { principal = try await verifier.principal(token) } catch { principal = nil }
                    #expect((principal?.agencyID == agencyID) == isGood, "\(service)")
                }
            }
        }
    }
}
