import ReferralsDomain
import ReferralsSettings
import Testing

@Suite("Addresses of mail, and of the mail server")
struct MailAddressTests {
    @Test("an address is taken as it is", arguments: ["a@b.example", "first.last+tag@mail.hospital.example", "x_1@b"])
    func good(_ text: String) throws {
        let address = try #require(MailAddress(text))
        #expect(address.text == text && text.hasSuffix("@\(address.domain)"))
    }

    @Test(
        "nothing in an address ends a line or a command, or names somebody else",
        arguments: [
            "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@b\r\nRCPT TO:<x@y>", "a\n@b", "a\u{0}@b", "a@b>",
            "<a@b>",
            "a,b@c", "a;b@c", "\"a b\"@c", "é@b", "a@é", "a@-b", "a@b-", "a@b..c", ".a@b", "a.@b", "a..b@c",
            "a@[127.0.0.1]",
            "a@b:c", "a\t@b", String(repeating: "a", count: 65) + "@b",
            "a@" + String(repeating: "b.", count: 130) + "c",
        ])
    func bad(_ text: String) { #expect(MailAddress(text) == nil) }

    @Test("a mail server is named with how its connection is protected; plain only where things are tried out")
    func servers() {
        #expect(
            SMTPServer("smtps://mail.example", allowsPlain: false)
                == SMTPServer(host: "mail.example", port: 465, security: .tls))
        #expect(
            SMTPServer("smtp://mail.example", allowsPlain: false)
                == SMTPServer(host: "mail.example", port: 587, security: .startTLS(isRequired: true)))
        #expect(SMTPServer("smtp://127.0.0.1:2525", allowsPlain: true)?.security == .startTLS(isRequired: false))
        for wrong in [
            "mail.example", "http://mail.example", "smtp://", "smtp://a:b@mail.example", "smtp://mail.example/",
            "smtp://mail.example:0", "smtp://mail.example:x", "smtp://mail.example:70000", "smtp://mail example",
        ] { #expect(SMTPServer(wrong, allowsPlain: true) == nil, "\(wrong)") }
    }
}
