import Foundation
import Models
import NIOSSL
import ReferralsDomain
import ReferralsSettings
import TestKit
import Testing

@testable import Referrals

/// The mail server of the Python package `aiosmtpd`, which nobody of ours wrote.
private enum ForeignServer {
    static let python = PythonEnvironment(
        "aiosmtpd-1.4.6", packages: ["aiosmtpd==1.4.6"], probe: "import aiosmtpd.smtp")

    /// Says on which port it listens; when its input ends it says what it was handed.
    static let script = """
        import asyncio, json, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult
        mode, certificate, key = sys.argv[1:4]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        taken = []
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("gone"):
                    return "550 5.1.1 nobody of that name"
                envelope.rcpt_tos.append(address)
                return "250 OK"
            async def handle_DATA(self, server, session, envelope):
                taken.append({"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": envelope.original_content.decode("ascii"),
                              "tls": session.ssl is not None or mode == "tls", "login": bool(session.authenticated)})
                return "250 OK"
        def authenticate(server, session, envelope, mechanism, data):
            fits = mechanism == "PLAIN" and data.login == b"agency" and data.password == b"p\\xc3\\xa4ss"
            return AuthResult(success=fits, handled=False)
        def protocol():
            upgrades = mode == "starttls"
            return SMTP(Handler(), hostname="mail.example", tls_context=context if upgrades else None,
                        require_starttls=upgrades, auth_required=mode != "plain", auth_require_tls=upgrades,
                        authenticator=authenticate)
        async def main():
            loop = asyncio.get_running_loop()
            server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if mode == "tls" else None)
            print(server.sockets[0].getsockname()[1], flush=True)
            await loop.run_in_executor(None, sys.stdin.read)
            server.close()
            print(json.dumps(taken), flush=True)
        asyncio.run(main())
        """

    struct Taken: Decodable {
        let from: String
        let to: [String]
        let text: String
        let tls: Bool
        let login: Bool
    }

    /// Lets clients meet it under the name `mail.example`, and gives what it took.
    static func with(
        _ mode: String, _ authority: TestAuthority, _ body: (Int) async throws -> Void
    ) async throws -> [Taken] {
        let python = try #require(python)
        let identity = try authority.identity("mail.example")
        let folder = FileManager.default.temporaryDirectory
        let (certificate, key) = (
            folder.appending(path: "\(UUID().uuidString).pem"), folder.appending(path: "\(UUID().uuidString).pem")
        )
        try Data(identity.certificatePEM.utf8).write(to: certificate)
        try Data(identity.keyPEM.utf8).write(to: key)
        defer {
            #expect(throws: Never.self) {
                try FileManager.default.removeItem(at: certificate)
                try FileManager.default.removeItem(at: key)
            }
        }
        let running = try python.start(script, [mode, certificate.path, key.path])
        let first = await running.line()
        let port = try #require(first.flatMap { Int($0) }, "\(first ?? "")")
        do {
            try await body(port)
        } catch {
            _ = await running.rest()
            throw error
        }
        return try JSONDecoder().decode([Taken].self, from: Data(await running.rest().utf8))
    }
}

@Suite(
    "A mail server that is not ours",
    .enabled(if: ForeignServer.python != nil, "no Python with aiosmtpd 1.4.6 (python3, pip)"))
struct ForeignMailServerTests {
    private static let mail = UpdateMail(
        id: UUID(), at: .init(unixSeconds: 1_795_338_158), publicURL: "https://referrals.agency.example")

    private static func send(
        to port: Int, _ security: SMTPServer.Security, trusting authority: TestAuthority, host: String = "mail.example",
        password: String = "p\u{E4}ss", hasLogin: Bool = true
    ) async throws -> SMTPDialogue.Outcome {
        let client = SMTPClient(
            server: SMTPServer(host: host, port: port, security: security),
            login: hasLogin ? SMTPLogin(user: "agency", password: Array(password.utf8)) : nil,
            from: try #require(MailAddress("handrail@agency.example")), resolver: HostResolver { _ in ["127.0.0.1"] },
            trust: try authority.clientConfiguration(), logger: .silent)
        let addresses = try ["gone@mercy.example", "desk@mercy.example", "ward@mercy.example"].map {
            try #require(MailAddress($0))
        }
        return await client.send(mail, to: addresses, isPatient: true)
    }

    @Test(
        "it takes the mail over STARTTLS and over TLS with a password, and plain where that is allowed",
        arguments: ["starttls", "tls", "plain"])
    func taken(_ mode: String) async throws {
        let authority = try TestAuthority()
        let security: SMTPServer.Security = mode == "tls" ? .tls : .startTLS(isRequired: mode == "starttls")
        let taken = try await ForeignServer.with(mode, authority) { port in
            let outcome = try await Self.send(to: port, security, trusting: authority, hasLogin: mode != "plain")
            #expect(outcome == .sent(refused: 1))
        }
        #expect(taken.count == 1)
        let one = try #require(taken.first)
        #expect(one.from == "handrail@agency.example" && one.to == ["desk@mercy.example", "ward@mercy.example"])
        #expect(one.tls == (mode != "plain") && one.login == (mode != "plain"))
        let sender = try #require(MailAddress("handrail@agency.example"))
        #expect(one.text == String(decoding: Self.mail.content(from: sender), as: UTF8.self))
    }

    @Test("nothing is said to one that cannot show whose it is, or has another name", arguments: ["starttls", "tls"])
    func certificates(_ mode: String) async throws {
        let (authority, other) = (try TestAuthority(), try TestAuthority())
        let security: SMTPServer.Security = mode == "tls" ? .tls : .startTLS(isRequired: true)
        let taken = try await ForeignServer.with(mode, authority) { port in
            for (trusted, host) in [(other, "mail.example"), (authority, "elsewhere.example")] {
                let outcome = try await Self.send(to: port, security, trusting: trusted, host: host)
                guard case .failed(let reason) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(reason.hasPrefix("the connection broke"), "\(reason)")
            }
        }
        #expect(taken.isEmpty)
    }

    @Test("a wrong password, and a server without TLS where it is required, end it")
    func refused() async throws {
        let authority = try TestAuthority()
        let upgraded = try await ForeignServer.with("starttls", authority) { port in
            let outcome = try await Self.send(
                to: port, .startTLS(isRequired: true), trusting: authority, password: "wrong")
            #expect(outcome == .failed("AUTH 535"))
        }
        let plain = try await ForeignServer.with("plain", authority) { port in
            let outcome = try await Self.send(
                to: port, .startTLS(isRequired: true), trusting: authority, hasLogin: false)
            #expect(outcome == .failed("no STARTTLS"))
        }
        #expect(upgraded.isEmpty && plain.isEmpty)
    }
}
