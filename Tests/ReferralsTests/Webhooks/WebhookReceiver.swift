import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import HummingbirdTesting
import Logging
import NIOCore
import NIOSSL
import TestKit
import Testing

@testable import Referrals

/// A hospital's receiver of webhooks: a real HTTPS server on this host, with a certificate for `hospital.example`.
struct WebhookReceiver: Sendable {
    /// What it answers at each of its paths.
    typealias Handler = @Sendable (Received) async -> HTTPResponse

    struct Received: Sendable {
        let path: String
        let headers: HTTPFields
        let body: [UInt8]

        subscript(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    static let host = "hospital.example"

    let port: Int
    let log: Log
    private let trust: TLSConfiguration

    /// Everything that arrived, in its order.
    actor Log {
        private(set) var all: [Received] = []

        func take(_ received: Received) { all.append(received) }
    }

    static func with(
        host: String = host, trusted: Bool = true, _ handler: @escaping Handler,
        _ body: @escaping @Sendable (WebhookReceiver) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let trust = try (trusted ? authority : TestAuthority()).clientConfiguration()
        let log = Log()
        let router = Router()
        router.post("**") { request, _ in
            let received = Received(
                path: request.uri.path, headers: request.headers,
                body: Array(try await request.body.collect(upTo: 1 << 16).readableBytesView)
            )
            await log.take(received)
            let answer = await handler(received)
            return Response(status: answer.status, headers: answer.headerFields)
        }
        let app = Application(
            router: router,
            server: try .tls(.http1(), tlsConfiguration: try authority.serverConfiguration(host: host)), logger: .silent
        )
        try await app.test(.ahc(.https)) { client in
            try await body(WebhookReceiver(port: try #require(client.port), log: log, trust: trust))
        }
    }

    func url(_ path: String, host: String = Self.host) -> String { "https://\(host):\(port)\(path)" }

    /// The service's own way of posting. Its resolver knows the receiver's name, which leads to this host.
    func poster(
        allowsLocal: Bool = true, timeout: TimeAmount = .seconds(10), resolving addresses: [String] = ["127.0.0.1"]
    ) -> HTTPPoster {
        var base = HTTPClient.Configuration()
        base.tlsConfiguration = trust
        return HTTPPoster(
            resolver: HostResolver { _ in addresses }, allowsLocal: allowsLocal, timeout: timeout, base: base,
            logger: .silent
        )
    }
}
