internal import FoundationEssentials
internal import JSON
public import Models
internal import Postgres

/// What travels beside a message's payload: where it came from, never what it is about.
public struct MessageHeaders: Codable, Hashable, Sendable {
    /// W3C trace context of the request or message that caused this one.
    public var traceparent: String?
    public var requestID: String?
    /// The pseudonymous subject of the token that caused it; never a name.
    public var actor: String?
    /// When it happened, where a past is rehearsed; nil everywhere else.
    public var rehearsedAt: Instant?

    public init(
        traceparent: String? = nil, requestID: String? = nil, actor: String? = nil, rehearsedAt: Instant? = nil
    ) {
        self.traceparent = traceparent
        self.requestID = requestID
        self.actor = actor
        self.rehearsedAt = rehearsedAt
    }

    public static let none = MessageHeaders()
}

extension MessageHeaders {
    /// As `Codable` does it, without its cost: every message has them.
    var json: JSONB {
        var json = JSONWriter(capacity: 192)
        json.object { json in
            json.field("traceparent", ifPresent: traceparent)
            json.field("requestID", ifPresent: requestID)
            json.field("actor", ifPresent: actor)
            json.field("rehearsedAt", ifPresent: rehearsedAt?.description)
        }
        return JSONB(json.bytes)
    }

    init(json: [UInt8]) throws(MessageError) {
        self = .none
        if json == Array("{}".utf8) { return }
        do {
            let object = try JSONValue.parse(json)
            guard object.object != nil else { throw MessageError.undecodable(type: "MessageHeaders") }
            traceparent = try Self.text(object["traceparent"])
            requestID = try Self.text(object["requestID"])
            actor = try Self.text(object["actor"])
            rehearsedAt = try Self.text(object["rehearsedAt"]).map { text throws(MessageError) in
                guard let instant = Instant(text) else { throw .undecodable(type: "MessageHeaders") }
                return instant
            }
        } catch {
            throw .undecodable(type: "MessageHeaders")
        }
    }

    private static func text(_ value: JSONValue?) throws(MessageError) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw .undecodable(type: "MessageHeaders")
        }
    }
}

/// JSON of payloads and headers.
enum MessageJSON {
    static func encode(_ value: some Encodable) throws(MessageError) -> JSONB {
        do {
            return JSONB(try JSONValue.text(of: value))
        } catch {
            throw .unencodable(type: "\(type(of: value))")
        }
    }

    static func decode<T: Decodable>(_: T.Type, _ bytes: [UInt8]) throws(MessageError) -> T {
        do {
            return try JSONValue.decode(from: bytes)
        } catch {
            throw .undecodable(type: "\(T.self)")
        }
    }
}

/// A message that cannot be written or read. The text never shows a payload.
public enum MessageError: Error, Hashable, CustomStringConvertible {
    case unencodable(type: String)
    case undecodable(type: String)

    public var description: String {
        switch self {
        case .unencodable(let type): "a \(type) cannot be written as JSON"
        case .undecodable(let type): "the payload is no \(type)"
        }
    }
}
