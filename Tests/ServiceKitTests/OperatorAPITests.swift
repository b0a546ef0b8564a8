import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import NIOConcurrencyHelpers
import NIOCore
import TestKit
import Testing

@testable import ServiceKit

@Suite("The operator's port") struct OperatorAPITests {
    private let failure = NIOLockedValueBox<String?>(nil)

    private func withPort(
        _ body: @escaping @Sendable (any TestClientProtocol, Health) async throws -> Void
    ) async throws {
        let failure = failure
        let health = Health(checks: [ReadinessCheck("pool") { failure.withLockedValue { $0 } }])
        let api = OperatorAPI(health: health, metrics: PrometheusRegistry())
        try await Application(responder: api.responder, logger: .silent).test(.router) {
            (client) async throws -> Void in
            try await body(client, health)
        }
    }

    private static func status(_ client: any TestClientProtocol, _ uri: String) async throws -> Int {
        try await client.executeRequest(uri: uri, method: .get, headers: [:], body: nil).status.code
    }

    @Test("a process is alive from the start, ready while all is well, and no longer ready once it drains")
    func phases() async throws {
        try await withPort { (client, health) async throws -> Void in
            func statuses() async throws -> [Int] {
                var all: [Int] = []
                for uri in ["/health/live", "/health/startup", "/health/ready"] {
                    all.append(try await Self.status(client, uri))
                }
                return all
            }
            #expect(try await statuses() == [200, 503, 503])
            health.started()
            #expect(try await statuses() == [200, 200, 200])
            failure.withLockedValue { $0 = "cannotConnect" }
            #expect(try await statuses() == [200, 200, 503])
            failure.withLockedValue { $0 = nil }
            health.drain()
            #expect(try await statuses() == [200, 200, 503])
        }
    }

    @Test("what is not well is named")
    func report() async throws {
        try await withPort { (client, health) async throws -> Void in
            health.started()
            failure.withLockedValue { $0 = "cannotConnect" }
            let answer = try await client.executeRequest(uri: "/health/ready", method: .get, headers: [:], body: nil)
            #expect(
                String(buffer: answer.body)
                    == #"{"ready":false,"phase":"running","failures":[{"check":"pool","reason":"cannotConnect"}]}"#
            )
        }
    }

    @Test("metrics are in Prometheus' text format and include the process")
    func metrics() async throws {
        try await withPort { (client, _) async throws -> Void in
            let answer = try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil)
            #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let text = String(buffer: answer.body)
            for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
                #expect(text.contains("\n\(name) "))
            }
        }
    }
}

@Suite("Key sets") struct KeySetLoaderTests {
    @Test("are read from their address; redirects, failures and endless answers are refused")
    func load() async throws {
        let router = Router()
        router.get("/keys") { _, _ in #"{"keys":[]}"# }
        router.get("/moved") { _, _ in Response.redirect(to: "/keys") }
        router.get("/large") { _, _ in ByteBuffer(repeating: 0x20, count: 2 << 20) }
        try await Application(router: router, logger: .silent).test(.live) { (client) async throws -> Void in
            let address = "http://127.0.0.1:\(client.port ?? 0)"
            let loader = KeySetLoader()
            let keys = try await loader.load(TokenIssuer(issuer: "x", jwks: "\(address)/keys"))
            #expect(String(decoding: keys, as: UTF8.self) == #"{"keys":[]}"#)
            for path in ["moved", "large", "nowhere"] {
                await #expect(throws: (any Error).self, "\(path)") {
                    try await loader.load(TokenIssuer(issuer: "x", jwks: "\(address)/\(path)"))
                }
            }
        }
    }
}
