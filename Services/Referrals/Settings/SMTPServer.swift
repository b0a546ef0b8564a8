/// The agency's mail server, as a setting names it: `smtps://host` (TLS from the first byte, port 465) or `smtp://host` (STARTTLS,
/// port 587).
public struct SMTPServer: Hashable, Sendable {
    /// How the connection is protected.
    public enum Security: Hashable, Sendable {
        case tls
        /// STARTTLS: without it nothing is sent, except where things are tried out.
        case startTLS(isRequired: Bool)
    }

    public let host: String
    public let port: Int
    public let security: Security

    public init(host: String, port: Int, security: Security) {
        (self.host, self.port, self.security) = (host, port, security)
    }

    /// Nil for what is none.
    ///
    /// - Parameter allowsPlain: only where `HANDRAIL_ENV=local`: a server that offers no STARTTLS is spoken to without.
    public init?(_ text: String, allowsPlain: Bool) {
        let rest: Substring
        if text.hasPrefix("smtps://") {
            (rest, security) = (text.dropFirst("smtps://".count), .tls)
        } else if text.hasPrefix("smtp://") {
            (rest, security) = (text.dropFirst("smtp://".count), .startTLS(isRequired: !allowsPlain))
        } else {
            return nil
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let host = parts.first, (1...253).contains(host.utf8.count),
            host.utf8.allSatisfy({ byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            })
        else { return nil }
        let usual = security == .tls ? 465 : 587
        guard let port = parts.count == 1 ? usual : UInt16(parts[1]).map(Int.init), port > 0 else { return nil }
        (self.host, self.port) = (String(host), port)
    }
}
