import FoundationEssentials
import ReferralsDomain
import ReferralsSettings
import Testing

@testable import Referrals

@Suite("The dialogue with a mail server")
struct SMTPDialogueTests {
    private static func mail(
        _ security: SMTPServer.Security = .startTLS(isRequired: true), login: SMTPLogin? = nil,
        to recipients: [String] = ["a@hospital.example", "b@hospital.example"], isPatient: Bool = true
    ) throws -> SMTPDialogue.Mail {
        SMTPDialogue.Mail(
            security: security, login: login, from: try #require(MailAddress("handrail@agency.example")),
            recipients: try recipients.map { try #require(MailAddress($0)) }, content: Array("Hello\r\n".utf8),
            isPatient: isPatient)
    }

    /// What is done at each of a server's answers: the line that is sent, or a word for it.
    private static func played(_ mail: SMTPDialogue.Mail, _ answers: [String]) throws -> [String] {
        var dialogue = SMTPDialogue(mail)
        var done: [String] = []
        for answer in answers {
            var replies = SMTPReplies()
            let action: SMTPDialogue.Action
            switch answer {
            case "(tls)": action = dialogue.encrypted()
            case "(closed)": action = dialogue.broke("closed")
            default:
                let found = try replies.take(Array("\(answer)\r\n".utf8))
                let reply = try #require(found.first)
                action = dialogue.received(reply, isFollowed: found.count > 1)
            }
            done.append(Self.word(for: action))
        }
        return done
    }

    private static func word(for action: SMTPDialogue.Action) -> String {
        switch action {
        case .wait: "wait"
        case .encrypt: "encrypt"
        case .send(let bytes): String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "|")
        case .end(.sent(let refused)): "sent, but \(refused)"
        case .end(.refused): "refused"
        case .end(.failed(let reason)): "failed: \(reason)"
        }
    }

    private static let hello = "250-mail.example\r\n250-STARTTLS\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME"
    private static let secured = ["220 ready", hello, "220 go", "(tls)", hello]

    @Test("STARTTLS, then the password, then the mail; a second EHLO asks again what the server can")
    func whole() throws {
        let login = SMTPLogin(user: "agency", password: Array("secret".utf8))
        let answers =
            Self.secured + ["235 welcome", "250 ok", "250 ok", "251 forwarded", "354 go", "250 taken", "221 bye"]
        #expect(
            try Self.played(Self.mail(login: login), answers) == [
                "EHLO agency.example|", "STARTTLS|", "encrypt", "EHLO agency.example|",
                "AUTH PLAIN AGFnZW5jeQBzZWNyZXQ=|", "MAIL FROM:<handrail@agency.example>|",
                "RCPT TO:<a@hospital.example>|", "RCPT TO:<b@hospital.example>|", "DATA|", "Hello|.|", "QUIT|",
                "sent, but 0",
            ])
    }

    @Test(
        "over TLS from the first byte nothing is upgraded; where things are tried out it may be plain, never the password"
    )
    func security() throws {
        let login = SMTPLogin(user: "a", password: [1])
        let tls = try Self.played(Self.mail(.tls, login: login), ["220 ready", "250-x\r\n250 AUTH PLAIN"])
        #expect(tls.last?.hasPrefix("AUTH PLAIN ") == true)
        let local = SMTPServer.Security.startTLS(isRequired: false)
        #expect(try Self.played(Self.mail(local), ["220 ready", "250 x"]).last?.hasPrefix("MAIL FROM") == true)
        #expect(try Self.played(Self.mail(local), ["220 ready", Self.hello]).last == "STARTTLS|")
        let bare = try Self.played(Self.mail(local, login: login), ["220 ready", "250-x\r\n250 AUTH PLAIN", "221 bye"])
        #expect(bare == ["EHLO agency.example|", "QUIT|", "failed: no TLS for the password"])
    }

    @Test(
        "what goes wrong before the mail is taken is tried again",
        arguments: [
            (["554 no"], "greeting 554"), (["220 x", "502 what"], "EHLO 502"),
            (["220 x", "250 x"], "no STARTTLS"), (["220 x", SMTPDialogueTests.hello, "454 later"], "STARTTLS 454"),
            (["220 x", SMTPDialogueTests.hello, "220 go", "250 x"], "an answer instead of TLS"),
            (["220 x", SMTPDialogueTests.hello, "220 go\r\n250 injected"], "more than an answer to STARTTLS"),
            (SMTPDialogueTests.secured + ["550 not you"], "MAIL 550"),
            (SMTPDialogueTests.secured + ["250 x", "450 later"], "RCPT 450"),
            (SMTPDialogueTests.secured + ["250 x", "421 closing"], "the mail server is closing"),
            (["421 busy"], "the mail server is closing"),
            (SMTPDialogueTests.secured + ["250 x", "250 x", "250 x", "554 no"], "DATA 554"),
            (SMTPDialogueTests.secured + ["250 x", "250 x", "250 x", "354 go", "452 full"], "content 452"),
            (SMTPDialogueTests.secured + ["250 x", "250 x", "250 x", "354 go", "(closed)"], "closed"),
            (["(closed)"], "closed"), (["220 x", "(closed)"], "closed"),
        ])
    func failures(_ answers: [String], _ reason: String) throws {
        var done = try Self.played(Self.mail(), answers)
        if done.last == "QUIT|" { done = try Self.played(Self.mail(), answers + ["221 bye"]) }
        #expect(done.last == "failed: \(reason)")
    }

    @Test("a server that takes no password of this kind gets no mail")
    func noPlain() throws {
        let login = SMTPLogin(user: "a", password: [1])
        let only = "250-x\r\n250-AUTH LOGIN\r\n250 STARTTLS"
        let answers = ["220 x", only, "220 go", "(tls)", only, "221 bye"]
        #expect(try Self.played(Self.mail(login: login), answers).last == "failed: no AUTH PLAIN")
        let refused = Self.secured + ["535 wrong", "221 bye"]
        #expect(try Self.played(Self.mail(login: login), refused).last == "failed: AUTH 535")
    }

    @Test(
        "who is refused for good is given up, and the others get it; who is refused for now lets all wait, but not for ever"
    )
    func recipients() throws {
        let begun = Self.secured + ["250 x"]
        let taken = ["354 go", "250 taken", "221 bye"]
        #expect(try Self.played(Self.mail(), begun + ["550 unknown", "250 x"] + taken).last == "sent, but 1")
        #expect(try Self.played(Self.mail(), begun + ["550 unknown", "553 unknown", "221 bye"]).last == "refused")
        #expect(try Self.played(Self.mail(), begun + ["450 later", "221 bye"]).last == "failed: RCPT 450")
        let hurried = try Self.mail(isPatient: false)
        #expect(try Self.played(hurried, begun + ["450 later", "250 x"] + taken).last == "sent, but 1")
        #expect(
            try Self.played(hurried, begun + ["450 later", "550 x", "221 bye"]).last
                == "failed: no recipient is taken for now")
    }

    @Test(
        "what the server has taken counts, whether it says goodbye or not",
        arguments: ["(closed)", "421 x", "500 x", "221 x"])
    func goodbye(_ last: String) throws {
        let answers =
            Self.secured + ["250 x", "250 x", "250 x", "354 go", "250 taken", last, "250 x", "(closed)", "(tls)"]
        #expect(try Self.played(Self.mail(), answers).suffix(4) == ["sent, but 0", "wait", "wait", "wait"])
    }

    @Test(
        "a line that begins with a dot ends nothing",
        arguments: [
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"), (".", "..\r\n.\r\n"), ("", ".\r\n"),
            ("..a\r\nb.\r\n", "...a\r\nb.\r\n.\r\n"),
        ])
    func dots(_ content: String, _ sent: String) {
        #expect(String(decoding: SMTPDialogue.stuffed(Array(content.utf8)), as: UTF8.self) == sent)
    }

    @Test(
        "what is no answer is refused, and what has no end too",
        arguments: [
            "hello\r\n", "25\r\n", "250\n", "199 x\r\n", "600 x\r\n", "250-a\r\n251 b\r\n", "250=a\r\n", "\r\n",
            String(repeating: "2", count: 3000), String(repeating: "250-x\r\n", count: 200),
        ])
    func garbage(_ text: String) {
        #expect(throws: SMTPReplies.Garbled.self) {
            var replies = SMTPReplies()
            _ = try replies.take(Array(text.utf8))
        }
    }

    @Test("an answer is read whole, wherever it is cut", arguments: 0..<20)
    func cut(_ index: Int) throws {
        let bytes = Array("250-a\r\n250-auth plain\r\n250\r\n220 next\r\n".utf8)
        var replies = SMTPReplies()
        var found = try replies.take(bytes.prefix(index))
        found += try replies.take(bytes.dropFirst(index))
        #expect(
            found == [SMTPReply(code: 250, lines: ["a", "auth plain", ""]), SMTPReply(code: 220, lines: ["next"])])
        #expect(found.first?.extensions["AUTH"] == ["PLAIN"])
        #expect(!replies.isWithin)
    }
}
