internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import ReferralsDomain
internal import ReferralsSettings

/// Hands mails to the agency's mail server: a connection for each, because there are few.
struct SMTPClient: Sendable {
    let server: SMTPServer
    var login: SMTPLogin?
    let from: MailAddress
    var resolver = HostResolver.system
    /// Whom it trusts: the system's list unless a test brings its own.
    var trust = TLSConfiguration.makeClientConfiguration()
    /// For the dialogue. With two addresses, of which the first one does not answer, that is less than a delivery may take.
    var limit = TimeAmount.seconds(30)
    let logger: Logger

    /// - Parameter isPatient: whether a recipient that is refused for now lets all wait.
    @Sendable
    func send(_ mail: UpdateMail, to recipients: [MailAddress], isPatient: Bool) async -> SMTPDialogue.Outcome {
        let dialogue = SMTPDialogue(
            .init(
                security: server.security, login: login, from: from, recipients: recipients,
                content: mail.content(from: from), isPatient: isPatient))
        do {
            let tls = try NIOSSLContext(configuration: trust)
            for address in try await resolver.addresses(server.host).prefix(2) {
                if let outcome = try await hold(dialogue, at: address, tls) { return outcome }
            }
            logger.warning("the mail server cannot be reached")
            return .failed("no connection")
        } catch {
            logger.warning("no mail could be sent", metadata: ["error": "\(type(of: error))"])
            return .failed("no connection")
        }
    }

    /// Holds the dialogue at one of the server's addresses; nil where nobody listens.
    private func hold(
        _ dialogue: SMTPDialogue, at address: String, _ context: NIOSSLContext
    ) async throws -> SMTPDialogue.Outcome? {
        // A server that is named by its number shows a certificate for that number.
        let name = server.host.utf8.allSatisfy { !(0x41...0x7A).contains($0) } ? nil : server.host
        let tls: @Sendable () throws -> NIOSSLClientHandler = {
            try NIOSSLClientHandler(context: context, serverHostname: name)
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = loop.makePromise(of: SMTPDialogue.Outcome.self)
        let (isEncrypted, limit) = (server.security == .tls, limit)
        do {
            _ = try await ClientBootstrap(group: loop)
                .connectTimeout(.seconds(5))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if isEncrypted { try pipeline.addHandler(tls()) }
                        try pipeline.addHandler(SMTPHandler(dialogue, limit: limit, outcome: outcome, tls: tls))
                    }
                }
                .connect(host: address, port: server.port).get()
        } catch {
            outcome.succeed(.failed("no connection"))
            return nil
        }
        return try await outcome.futureResult.get()
    }
}
