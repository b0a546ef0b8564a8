import FoundationEssentials
import Logging
import Models
import NIOCore
import NIOPosix
import ReferralsDomain
import ReferralsSettings
import TestKit
import Testing

@testable import Referrals

/// A mail server that says what it is told to, whatever it hears.
enum OddMailServer {
    enum Habit: Sendable {
        /// Says this to whoever comes, and then nothing more.
        case says(String)
        /// Says this, and closes.
        case closes(String)
        /// Says one thing to each line that comes, after a greeting.
        case answers(String)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let habit: Habit

        init(_ habit: Habit) { self.habit = habit }

        func channelActive(context: ChannelHandlerContext) {
            switch habit {
            case .says(let text): say(text, context)
            case .closes(let text):
                say(text, context)
                context.close(promise: nil)
            case .answers: say("220 odd\r\n", context)
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .answers(let text) = habit { say(text, context) }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }

    /// Lets a client meet it, on this host and without TLS.
    static func meet(_ habit: Habit, limit: TimeAmount = .seconds(20)) async throws -> SMTPDialogue.Outcome {
        let group = MultiThreadedEventLoopGroup.singleton
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(habit)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        let client = SMTPClient(
            server: SMTPServer(host: "127.0.0.1", port: port, security: .startTLS(isRequired: false)),
            from: try #require(MailAddress("handrail@agency.example")), limit: limit, logger: .silent)
        let outcome = await client.send(
            UpdateMail(id: UUID(), at: .init(unixSeconds: 0), publicURL: "https://agency.example"),
            to: [try #require(MailAddress("a@hospital.example"))], isPatient: true)
        try await channel.close()
        return outcome
    }
}
