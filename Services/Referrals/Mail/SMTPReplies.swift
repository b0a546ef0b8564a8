/// What a mail server answered: a code, and its lines.
struct SMTPReply: Hashable, Sendable {
    let code: Int
    var lines: [String] = []

    /// The extensions of an answer to EHLO, in capitals, with their words.
    var extensions: [String: [String]] {
        var found: [String: [String]] = [:]
        for line in lines.dropFirst() {
            let words = line.uppercased().split(separator: " ").map(String.init)
            if let name = words.first { found[name] = Array(words.dropFirst()) }
        }
        return found
    }
}

/// Reads a mail server's answers out of its bytes (RFC 5321, 4.2). Pure; what it holds is bounded.
struct SMTPReplies: Sendable {
    /// What came is no answer of a mail server.
    struct Garbled: Error, Hashable {}

    /// The standard says 512; some servers say more.
    static let longestLine = 2000
    /// Of one answer.
    static let mostLines = 100

    private var line: [UInt8] = []
    private var open: SMTPReply?

    /// Whether something has begun that is not whole.
    var isWithin: Bool { !line.isEmpty || open != nil }

    /// The answers that are whole with these bytes.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(Garbled) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                guard line.count < Self.longestLine else { throw Garbled() }
                line.append(byte)
                continue
            }
            guard line.popLast() == UInt8(ascii: "\r") else { throw Garbled() }
            if let reply = try finishLine() { replies.append(reply) }
            line.removeAll(keepingCapacity: true)
        }
        return replies
    }

    private mutating func finishLine() throws(Garbled) -> SMTPReply? {
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let code = Int(String(decoding: digits, as: UTF8.self)), (200...599).contains(code),
            open == nil || open?.code == code
        else { throw Garbled() }
        let mark = line.dropFirst(3).first
        guard mark == nil || mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-") else { throw Garbled() }
        var reply = open ?? SMTPReply(code: code)
        guard reply.lines.count < Self.mostLines else { throw Garbled() }
        reply.lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        open = mark == UInt8(ascii: "-") ? reply : nil
        return open == nil ? reply : nil
    }
}
