import Foundation
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Operator

/// What somebody tries who means harm, on the real executables.
@Suite struct AbuseTests {
    private static let hostile = [
        "'; drop table referral.participant; --", "' or '1'='1", "$1); select pg_sleep(60); --",
        "x\r\nSet-Cookie: stolen=1\r\n\r\n", "\u{202E}\u{0000}\u{FFFF}", "%27%20or%201%3D1",
    ]
    private static let tables = Statement(
        "test.tables",
        """
        select count(*) from pg_tables
        where schemaname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
            and tablename !~ '[0-9]{4}_[0-9]{2}'
        """)
    private static let denials = Statement(
        "test.denials",
        "select count(*) from referral.audit_event where decision = 'deny' and operation_id = 'readReferral'")

    @Test("hostile text in every path, query and member changes nothing, and no service fails over it")
    func injection() async throws {
        try await RunningSuite.with(["HANDRAIL_RATE_LIMIT_PER_MINUTE": "0"]) { suite in
            let journey = try await suite.journey()
            let before = try await Self.count(Self.tables, suite)
            let outsider = Outsider()
            var tokens: [String] = []
            for role in ["coordinator", "supervisor", "operator"] { tokens.append(try await journey.staffToken(role)) }
            tokens.append(try await journey.staffToken("peer", peer: PeerID(rawValue: UUID())))
            for address in Self.apis(suite) {
                try await Self.inject(address, tokens, outsider)
            }
            let statuses = outsider.statuses
            #expect(!statuses.keys.contains { $0 >= 500 }, "\(statuses)")
            #expect(try await Self.count(Self.tables, suite) == before)
            let answers = outsider.outlets.map { String(decoding: $0.content, as: UTF8.self).lowercased() }
            for text in ["\nset-cookie:", "syntax error", "sqlstate", "pg_sleep(60)"] {
                #expect(!answers.contains { $0.contains(text) }, "an answer shows \(text)")
            }
            print("abuse: \(statuses.values.reduce(0, +)) hostile requests, \(statuses)")
        }
    }

    private static func apis(_ suite: RunningSuite) -> [String] {
        let addresses = suite.addresses
        return [addresses.referrals, addresses.matching, addresses.scheduling, addresses.outcomes]
    }

    private static func count(_ statement: Statement, _ suite: RunningSuite) async throws -> Int {
        try await suite.database.withPool(connections: 1) { try await $0.query(statement)[0].decode(Int.self) }
    }

    private static func inject(_ address: String, _ tokens: [String], _ outsider: Outsider) async throws {
        let document = try await outsider.send("GET", address + "/openapi.json").json
        let id = UUID().uuidString.lowercased()
        let bodies = HostileBodies(document: document, id: id)
        for path in document["paths"]?.object?.members ?? [] {
            for operation in path.value.object?.members ?? []
            where ["get", "post", "put", "patch", "delete"].contains(operation.name) {
                let method = operation.name.uppercased()
                let schema = operation.value[["requestBody", "content", "application/json", "schema"]]
                for token in tokens {
                    for text in hostile {
                        let escaped = BadRequests.encoded(text)
                        try await outsider.send(
                            method, address + filled(path.name, escaped) + "?cursor=\(escaped)&status=\(escaped)",
                            token: token, body: method == "GET" ? nil : "{}")
                        try await outsider.send(
                            method,
                            address + filled(path.name, id)
                                + "?participantID=\(escaped)&peerID=\(escaped)&from=\(escaped)",
                            token: token, body: method == "GET" ? nil : "{}")
                    }
                    for text in hostile.prefix(2) {
                        for body in schema.map({ bodies.all(of: $0, text) }) ?? [] {
                            try await outsider.send(
                                method, address + filled(path.name, id), token: token,
                                headers: [("Idempotency-Key", UUID().uuidString), ("If-Match", "\"1\"")],
                                body: String(decoding: body.serialized(), as: UTF8.self))
                        }
                    }
                }
            }
        }
    }

    private static func filled(_ template: String, _ value: String) -> String {
        template.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? value : String($0) }.joined(separator: "/")
    }

    // MARK: JSON

    /// Each with a name that says what is wrong with it.
    private static let documents: [(name: String, bytes: [UInt8])] = [
        ("deep arrays", Array(String(repeating: "[", count: 200_000).utf8)),
        ("deep objects", Array(String(repeating: #"{"a":"#, count: 100_000).utf8)),
        ("wide", Array(("[" + String(repeating: "0,", count: 500_000) + "0]").utf8)),
        ("long number", Array(#"{"setting":\#(String(repeating: "9", count: 1_000_000))}"#.utf8)),
        ("long exponent", Array(#"{"setting":1e\#(String(repeating: "9", count: 1000))}"#.utf8)),
        ("names twice", Array(#"{"setting":"inpatient","setting":"jail"}"#.utf8)),
        ("invalid UTF-8", Array(#"{"setting":""#.utf8) + [0xC0, 0xAF, 0xFF] + Array(#""}"#.utf8)),
        ("lone surrogate", Array(#"{"setting":"\ud800"}"#.utf8)),
        ("NUL", Array(#"{"setting":"\u0000"}"#.utf8)),
        ("many names", Array(("{" + (0..<60_000).map { #""n\#($0)":0"# }.joined(separator: ",") + "}").utf8)),
    ]

    @Test("JSON that is made to hurt is refused, and the service answers the next request")
    func json() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let journey = try await suite.journey()
            let staff = try await journey.staffToken("coordinator")
            let hospital = try await journey.registerHospital("General Hospital", intakePolicy: "review")
            let partner = try await journey.token(of: hospital)
            for (path, token, type) in [
                ("/v1/referrals", staff, "application/json"), ("/fhir", partner, "application/fhir+json"),
            ] {
                for document in Self.documents {
                    let answer = try await Outsider().send(
                        "POST", suite.addresses.referrals + path, token: token,
                        headers: [("Idempotency-Key", UUID().uuidString)], bytes: document.bytes, type: type)
                    #expect([400, 413, 422].contains(answer.status), "\(path) \(document.name): \(answer.status)")
                }
                let next = try await Outsider().send(
                    "GET", suite.addresses.referrals + "/v1/referrals", token: staff)
                #expect(next.status == 200)
            }
        }
    }

    // MARK: Paths and heads

    @Test("paths that are written otherwise do not lead past the door")
    func paths() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let port = try #require(URLComponents(string: suite.addresses.referrals)?.port)
            for target in [
                "/v1/referrals", "/%76%31/referrals", "/./v1/referrals", "/v1/../v1/referrals",
                "/v1/%2e%2e/v1/referrals",
                "/openapi.json/../v1/referrals", "/openapi.json/%2e%2e/v1/referrals",
                "/openapi.json%2f..%2fv1/referrals",
                "/%252e%252e/v1/referrals", "//v1/referrals", "/v1//referrals", "/v1/referrals/", "/v1/referrals.",
                "/v1/referrals;a=b", "/v1/referrals%00", "/v1/referrals%20", "/v1/referrals%0d%0aX:y",
                "/V1/REFERRALS", "http://evil.example/v1/referrals", "//evil.example/v1/referrals", "*", "",
                "/metrics", "/health/ready", "/..%5c..%5cetc/passwd", "/%c0%ae%c0%ae/v1/referrals",
            ] {
                let answer = try await RawClient.exchange(
                    port, Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
                let status = Int(answer.split(separator: " ").dropFirst().first ?? "") ?? 0
                #expect([400, 401, 404, 405].contains(status), "\(target): \(answer.prefix(80))")
            }
        }
    }

    @Test("no header of a request can put a line into the answer, and none is read in two ways")
    func heads() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let port = try #require(URLComponents(string: suite.addresses.referrals)?.port)
            let start = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            for field in [
                "X-Request-Id: a\rSet-Cookie: stolen=1", "X-Request-Id: a\nSet-Cookie: stolen=1",
                "X-Request-Id: a\u{0}b", "X-Request-Id: %0d%0aSet-Cookie: stolen=1",
                "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\rSet-Cookie: stolen=1",
                "Origin: http://evil.example", "X-Forwarded-Host: evil.example", "Host: evil.example",
                "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Content-Length: -1", "Transfer-Encoding: chunked, identity", " Folded: x", "NoColon", ": empty",
                "Bad Name: x", "X-Long: " + String(repeating: "a", count: 40_000),
                (0..<200).map { "X-\($0): a" }.joined(separator: "\r\n"),
            ] {
                let answer = try await RawClient.exchange(port, Array("\(start)\(field)\r\n\r\n".utf8)).lowercased()
                let head = answer.prefix(while: { $0 != "{" })
                #expect(!head.contains("set-cookie:"), "\(field.prefix(60)): \(head)")
                #expect(!head.contains("evil.example"), "\(field.prefix(60)): \(head)")
            }
            let smuggled = try await RawClient.exchange(
                port,
                Array(
                    "\(start)Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/referrals HTTP/1.1\r\n\r\n"
                        .utf8))
            #expect(smuggled.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(smuggled.prefix(300))")
        }
    }

    // MARK: Guessing

    @Test("who guesses ids is stopped by the limit, and each guess before it is on record")
    func guessing() async throws {
        try await RunningSuite.with(["HANDRAIL_RATE_LIMIT_PER_MINUTE": "60"], services: ["referrals"]) { suite in
            let journey = try await suite.journey()
            let hospital = try await journey.registerHospital("General Hospital", intakePolicy: "review")
            let token = try await journey.token(of: hospital)
            let outsider = Outsider()
            for _ in 0..<200 {
                try await outsider.send(
                    "GET", "\(suite.addresses.referrals)/v1/referrals/\(UUID())", token: token)
            }
            let statuses = outsider.statuses
            let guesses = statuses[404] ?? 0
            #expect(guesses >= 20 && guesses < 60 && guesses + (statuses[429] ?? 0) == 200, "\(statuses)")
            #expect(try await Self.count(Self.denials, suite) >= guesses)
            print("abuse: of 200 guesses \(guesses) were answered, the others told to wait")
        }
    }
}
