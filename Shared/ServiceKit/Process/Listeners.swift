internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOSSL

/// Builds the HTTP servers of a process, with TLS where it is configured.
struct Listeners: Sendable {
    let tls: ServiceSettings.TLSPolicy
    /// PEM file of whose certificates clients may come with; nil asks for none.
    var clientAuthority: String?
    let logger: Logger
    var limits = Limits()

    /// How long clients may take.
    struct Limits: Sendable {
        /// Without a request, or before its head has come whole.
        var idle = TimeAmount.seconds(60)
        /// For the rest of a request, and again until its answer has left.
        var exchange = TimeAmount.seconds(60)
        /// How many connections each listener holds.
        var room: @Sendable () -> ConnectionRoom = { .usual }
    }

    /// - Parameter whenListening: called once the port is open.
    /// - Throws: where the certificate or the key cannot be read.
    func application<Context: RequestContext>(
        _ responder: RouterResponder<Context>,
        on address: ListenAddress,
        whenListening: @escaping @Sendable () -> Void = {}
    ) throws -> Application<RouterResponder<Context>>
    where Context: InitializableFromSource<ApplicationRequestContextSource> {
        Application(
            responder: responder,
            server: try server(on: address),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { _ in whenListening() },
            logger: logger
        )
    }

    private func server(on address: ListenAddress) throws -> HTTPServerBuilder {
        let (room, exchange) = (limits.room(), limits.exchange)
        let limits = HTTP1Channel.Configuration(
            additionalChannelHandlers: [SlowClientHandler(limit: exchange, room: room), UnreadBodyHandler()],
            idleTimeout: limits.idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100
            )
        )
        guard case .files(let certificate, let privateKey) = tls, !address.isLoopback else {
            return .http1(configuration: limits)
        }
        let configuration = try Self.configuration(certificate, privateKey, clientAuthority: clientAuthority)
        return try .tls(.http1(configuration: limits), tlsConfiguration: configuration)
    }

    /// - Throws: where a file cannot be read.
    static func configuration(
        _ certificate: String, _ privateKey: String, clientAuthority: String?
    ) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv12
        if let clientAuthority {
            // Most callers have none, and come with a token; one that is brought must be good.
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthority))
            configuration.sendCANameList = true
        }
        return configuration
    }
}
