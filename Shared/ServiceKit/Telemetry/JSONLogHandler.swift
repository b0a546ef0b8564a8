internal import FoundationEssentials
internal import Glibc
internal import JSON
public import Logging
internal import Models
internal import NIOCore

/// Log lines as JSON objects on standard error, one a line, unbuffered.
///
/// Messages and metadata are written as they are given: it is the caller's duty never to give personal data. What the
/// kit itself logs of a request is its route's template, never its path, query, headers or body.
public struct JSONLogHandler: LogHandler {
    /// Less severe events are not written.
    public var logLevel: Logger.Level
    /// What every line of this logger carries; keys are written in snake case.
    public var metadata: Logger.Metadata = [:]
    private let service: String
    private let label: String
    private let write: @Sendable ([UInt8]) -> Void

    /// Writes to standard error.
    public init(service: String, label: String, level: Logger.Level) {
        self.init(service: service, label: label, level: level, write: Self.writeToStandardError)
    }

    init(service: String, label: String, level: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.service = service
        self.label = label
        logLevel = level
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let all = (event.metadata ?? [:]).merging(metadata) { new, _ in new }
        var json = JSONWriter(capacity: 512)
        json.object { json in
            json.field("time", WallClock.system.now().description)
            json.field("level", event.level.rawValue)
            json.field("service", service)
            json.field("logger", label)
            json.field("message", event.message.description)
            for (key, value) in all.sorted(by: { $0.key < $1.key }) where key != "hb.request.id" {
                json.field(named: Self.snakeCase(key), value.description)
            }
        }
        json.endLine()
        // One write for the whole line: lines of several threads do not mix.
        write(json.bytes)
    }

    /// `hb.request.id` becomes `hb_request_id`.
    private static func snakeCase(_ key: String) -> String {
        // Nearly all keys are in snake case already, and looking at characters costs more than writing the line.
        let isSnakeCase = key.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
        }
        if isSnakeCase { return key }
        return String(key.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? Character($0.lowercased()) : "_" })
    }

    private static func writeToStandardError(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            // Nobody can be told that the log cannot be written.
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}
