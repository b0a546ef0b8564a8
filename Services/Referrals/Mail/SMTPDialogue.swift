internal import FoundationEssentials
internal import ReferralsDomain
internal import ReferralsSettings

/// One mail handed to a mail server (RFC 5321, with STARTTLS of RFC 3207 and AUTH PLAIN of RFC 4954). A pure state machine: each
/// answer says what to do next.
///
/// A password never goes out before TLS, and one mail at the most is sent on a connection.
struct SMTPDialogue: Sendable {
    /// What is to be sent, and as whom.
    struct Mail: Sendable {
        let security: SMTPServer.Security
        var login: SMTPLogin?
        let from: MailAddress
        let recipients: [MailAddress]
        /// Lines with CRLF.
        let content: [UInt8]
        /// Whether a recipient that is refused for now lets all wait; otherwise the mail goes to the others.
        var isPatient = true
    }

    enum Action: Hashable {
        case wait
        case send([UInt8])
        /// Begins TLS on the connection; ``SMTPDialogue/encrypted()`` goes on.
        case encrypt
        /// It is over.
        case end(Outcome)
    }

    enum Outcome: Hashable, Sendable {
        /// The server has it, for all but so many recipients, which it refused.
        case sent(refused: Int)
        /// The server knows none of the recipients, and will not.
        case refused
        /// To be tried again; the reason names no recipient.
        case failed(String)
    }

    private enum Step: Hashable {
        case greeting, hello, upgrade, handshake, login, sender, recipient(Int), start, content
        case farewell(Outcome)
        case over
    }

    private let mail: Mail
    private var step = Step.greeting
    private var isEncrypted: Bool
    /// Recipients that were taken, refused, and refused for now.
    private var (taken, refused, late) = (0, 0, 0)

    init(_ mail: Mail) {
        self.mail = mail
        isEncrypted = mail.security == .tls
    }

    /// - Parameter isFollowed: whether more came with it, unasked.
    mutating func received(_ reply: SMTPReply, isFollowed: Bool = false) -> Action {
        if reply.code == 421, step != .over, !isFarewell { return end(.failed("the mail server is closing")) }
        switch step {
        case .greeting: return reply.code == 220 ? hello() : leave(.failed("greeting \(reply.code)"))
        case .hello: return reply.code == 250 ? goOn(reply.extensions) : leave(.failed("EHLO \(reply.code)"))
        case .upgrade:
            guard reply.code == 220 else { return leave(.failed("STARTTLS \(reply.code)")) }
            // What came in the clear behind it would be taken for what the server says under TLS.
            guard !isFollowed else { return end(.failed("more than an answer to STARTTLS")) }
            step = .handshake
            return .encrypt
        case .handshake: return end(.failed("an answer instead of TLS"))
        case .login: return reply.code == 235 ? sender() : leave(.failed("AUTH \(reply.code)"))
        case .sender: return reply.code == 250 ? recipient(0) : leave(.failed("MAIL \(reply.code)"))
        case .recipient(let index): return recipientAnswered(reply.code, index)
        case .start:
            guard reply.code == 354 else { return leave(.failed("DATA \(reply.code)")) }
            step = .content
            return .send(Self.stuffed(mail.content))
        case .content:
            return leave(reply.code == 250 ? .sent(refused: refused + late) : .failed("content \(reply.code)"))
        case .farewell(let outcome): return end(outcome)
        case .over: return .wait
        }
    }

    /// TLS stands.
    mutating func encrypted() -> Action {
        guard step == .handshake else { return .wait }
        isEncrypted = true
        // What was said before TLS does not count any more.
        return hello()
    }

    /// The connection has ended, or what came is not to be understood, or took too long.
    mutating func broke(_ reason: String) -> Action {
        switch step {
        case .over: .wait
        // What it has taken it has; it need not say goodbye.
        case .farewell(let outcome): end(outcome)
        default: end(.failed(reason))
        }
    }

    private var isFarewell: Bool { if case .farewell = step { true } else { false } }

    private mutating func hello() -> Action {
        step = .hello
        return Self.line("EHLO \(mail.from.domain)")
    }

    private mutating func goOn(_ extensions: [String: [String]]) -> Action {
        if !isEncrypted, case .startTLS(let isRequired) = mail.security {
            if extensions["STARTTLS"] != nil {
                step = .upgrade
                return Self.line("STARTTLS")
            }
            if isRequired { return leave(.failed("no STARTTLS")) }
        }
        guard let login = mail.login else { return sender() }
        guard isEncrypted else { return leave(.failed("no TLS for the password")) }
        guard extensions["AUTH"]?.contains("PLAIN") == true else { return leave(.failed("no AUTH PLAIN")) }
        step = .login
        return Self.line("AUTH PLAIN \(login.plain)")
    }

    private mutating func sender() -> Action {
        step = .sender
        return Self.line("MAIL FROM:<\(mail.from.text)>")
    }

    private mutating func recipientAnswered(_ code: Int, _ index: Int) -> Action {
        switch code {
        case 250...259: taken += 1
        case 500...599: refused += 1
        case 400...499 where !mail.isPatient: late += 1
        default: return leave(.failed("RCPT \(code)"))
        }
        return recipient(index + 1)
    }

    private mutating func recipient(_ index: Int) -> Action {
        if index < mail.recipients.count {
            step = .recipient(index)
            return Self.line("RCPT TO:<\(mail.recipients[index].text)>")
        }
        guard taken > 0 else { return leave(late > 0 ? .failed("no recipient is taken for now") : .refused) }
        step = .start
        return Self.line("DATA")
    }

    private mutating func leave(_ outcome: Outcome) -> Action {
        step = .farewell(outcome)
        return Self.line("QUIT")
    }

    private mutating func end(_ outcome: Outcome) -> Action {
        step = .over
        return .end(outcome)
    }

    private static func line(_ text: String) -> Action { .send(Array("\(text)\r\n".utf8)) }

    /// The content as it goes over the wire: a line that begins with a dot has one more, and a dot alone ends it.
    static func stuffed(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count + 8)
        var isAtStart = true
        for byte in content {
            if isAtStart, byte == UInt8(ascii: ".") { bytes.append(byte) }
            bytes.append(byte)
            isAtStart = byte == UInt8(ascii: "\n")
        }
        if !isAtStart { bytes += Array("\r\n".utf8) }
        return bytes + Array(".\r\n".utf8)
    }
}

/// As whom the mail server knows the agency.
struct SMTPLogin: Hashable, Sendable {
    let user: String
    let password: [UInt8]

    /// The initial response of AUTH PLAIN (RFC 4616).
    var plain: String { Data([0] + Array(user.utf8) + [0] + password).base64EncodedString() }
}
