internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// Reads an issuer's key set from its file or URL.
struct KeySetLoader: Sendable {
    struct Failure: Error {}

    /// Larger is no key set.
    private static let largest = 1 << 20

    func load(_ issuer: TokenIssuer) async throws -> [UInt8] {
        if let path = issuer.jwksFile { return Array(try Data(contentsOf: URL(filePath: path))) }
        guard let url = issuer.jwks else { throw Failure() }
        // Redirects are not followed: the configured address is the one that is trusted.
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
            guard response.status == .ok else { throw Failure() }
            let body = try await response.body.collect(upTo: Self.largest)
            try await client.shutdown()
            return Array(body.readableBytesView)
        } catch {
            try await client.shutdown()
            throw error
        }
    }
}
