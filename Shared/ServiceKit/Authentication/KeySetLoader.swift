internal import AsyncHTTPClient
internal import FoundationEssentials
internal import JSON
internal import NIOCore
internal import NIOHTTP1

/// Reads an issuer's key set from its file or URL, or from where the issuer's own description says that it is.
struct KeySetLoader: Sendable {
    struct Failure: Error {}

    /// Larger is no key set, and no description of an issuer.
    private static let largest = 1 << 20

    func load(_ issuer: TokenIssuer) async throws -> [UInt8] {
        if let path = issuer.jwksFile { return Array(try Data(contentsOf: URL(filePath: path))) }
        // Redirects are not followed: the configured address is the one that is trusted.
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        // For both requests together: a token waits for them.
        let deadline = NIODeadline.now() + .seconds(5)
        do {
            var url = issuer.jwks
            if url == nil {
                url = try Self.keySetURL(in: try await read(issuer.discoveryURL, client, deadline), issuer)
            }
            guard let url else { throw Failure() }
            let keys = try await read(url, client, deadline)
            try await client.shutdown()
            return keys
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    /// The place of the keys that the issuer names, where it names itself as it is configured: the description of
    /// another one would bring another one's keys (OpenID Connect Discovery 1.0 §4.3).
    static func keySetURL(in description: [UInt8], _ issuer: TokenIssuer) throws -> String {
        let described = try JSONValue.parse(description, limits: .strict)
        guard described["issuer"]?.string == issuer.issuer, let url = described["jwks_uri"]?.string,
            TokenIssuer.isSafe(url)
        else { throw Failure() }
        return url
    }

    private func read(_ url: String, _ client: HTTPClient, _ deadline: NIODeadline) async throws -> [UInt8] {
        let response = try await client.execute(HTTPClientRequest(url: url), deadline: deadline)
        guard response.status == .ok else { throw Failure() }
        return Array(try await response.body.collect(upTo: Self.largest).readableBytesView)
    }
}
