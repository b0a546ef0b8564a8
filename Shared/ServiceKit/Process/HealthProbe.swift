internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Asks the operator's port of the process beside it, for container health checks: `peer-matching health`.
struct HealthProbe: Sendable {
    let address: ListenAddress
    /// The authority that signed the listener's certificate; nil where the listener speaks plain HTTP.
    let authorityFile: String?

    /// True when the process is ready.
    func isReady() async -> Bool {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let isReady = await asks(client)
        do {
            try await client.shutdown()
        } catch {
            return false
        }
        return isReady
    }

    private func asks(_ client: HTTPClient) async -> Bool {
        let request = HTTPClientRequest(url: "\(authorityFile == nil ? "http" : "https")://\(target)/health/ready")
        do {
            return try await client.execute(request, timeout: .seconds(3)).status == .ok
        } catch {
            return false
        }
    }

    private var target: ListenAddress {
        switch address.host {
        case "0.0.0.0": ListenAddress(host: "127.0.0.1", port: address.port)
        case "::": ListenAddress(host: "::1", port: address.port)
        default: address
        }
    }

    private var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        if let authorityFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(authorityFile)
            // The listener is asked by its address on this machine, which no certificate names.
            tls.certificateVerification = .noHostnameVerification
            configuration.tlsConfiguration = tls
        }
        return configuration
    }
}
