/// A W3C trace context (`00-<trace>-<span>-<flags>`), passed on to messages and to other services.
public struct Traceparent: Hashable, Sendable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero: the span of this request.
    public let spanID: String
    /// Whether the caller records this trace.
    public let sampled: Bool

    static let none = Traceparent(traceID: "", spanID: "", sampled: false)

    init(traceID: String, spanID: String, sampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.sampled = sampled
    }

    /// Starts a new trace.
    public init() {
        self.init(
            traceID: Hexadecimal.encode(.random(in: 1 ... .max), .random(in: 1 ... .max)),
            spanID: Hexadecimal.encode(.random(in: 1 ... .max)),
            sampled: false
        )
    }

    /// Reads a header of version 00; anything else is nil, and a new trace starts.
    public init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00", Self.isID(parts[1], digits: 32), Self.isID(parts[2], digits: 16),
            parts[3].utf8.count == 2, let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        self.init(traceID: String(parts[1]), spanID: String(parts[2]), sampled: flags & 1 == 1)
    }

    /// The same trace with a span of this process's own.
    public var child: Traceparent {
        Traceparent(traceID: traceID, spanID: Hexadecimal.encode(.random(in: 1 ... .max)), sampled: sampled)
    }

    public var description: String { "00-\(traceID)-\(spanID)-\(sampled ? "01" : "00")" }

    private static func isID(_ text: Substring, digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            && !text.utf8.allSatisfy { $0 == 0x30 }
    }
}
