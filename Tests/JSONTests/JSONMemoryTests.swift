import JSON
import NIOConcurrencyHelpers
import Testing

/// Remembers the decoder that read it, or the encoder that wrote it, without keeping it.
private struct Witness: Codable {
    struct Weak: @unchecked Sendable {
        // SAFETY: set once, and only compared with nil.
        weak var object: AnyObject?
    }

    private enum Keys: String, CodingKey { case inner, items }

    @TaskLocal static var seen = NIOLockedValueBox<[Weak]>([])

    static func remember(_ coder: Any) {
        seen.withLockedValue { $0.append(Weak(object: coder as AnyObject)) }
    }

    init() {}

    init(from decoder: any Decoder) throws {
        Self.remember(decoder)
        let container = try decoder.container(keyedBy: Keys.self)
        if container.contains(.inner) { _ = try container.decode(Witness.self, forKey: .inner) }
        if container.contains(.items) { _ = try container.decode([Witness].self, forKey: .items) }
    }

    func encode(to encoder: any Encoder) throws {
        Self.remember(encoder)
        var container = encoder.container(keyedBy: Keys.self)
        var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
        var items = inner.nestedUnkeyedContainer(forKey: .items)
        Self.remember(items.superEncoder())
        Self.remember(inner.superEncoder(forKey: .inner))
        try items.encode(1)
    }
}

@Suite("Memory of reading and writing JSON") struct JSONMemoryTests {
    private struct Coders: Equatable {
        var used: Int
        var left: Int
    }

    /// Runs the body, and returns how many coders it used and how many of them are still there.
    private static func coders(_ body: () throws -> Void) rethrows -> Coders {
        let seen = NIOLockedValueBox<[Witness.Weak]>([])
        try Witness.$seen.withValue(seen) { try body() }
        return seen.withLockedValue { seen in
            Coders(used: seen.count, left: seen.count { $0.object != nil })
        }
    }

    private static let text = Array(#"{"inner": {"inner": {}, "items": [{}, {"more": 1}]}, "other": 1}"#.utf8)

    @Test("nothing of a text that was read stays, whether unknown members are named or not")
    func reading() throws {
        let lenient = try Self.coders { _ = try JSONValue.decode(Witness.self, from: Self.text) }
        #expect(lenient == Coders(used: 5, left: 0))
        let strict = try Self.coders {
            let unknown = try JSONValue.parse(Self.text).decodeNamingUnknown(Witness.self).unknown
            #expect(unknown == ["/inner/items/1/more", "/other"])
        }
        #expect(strict == Coders(used: 5, left: 0))
    }

    @Test("nothing stays of a text that does not fit")
    func failing() {
        let wrong = Array(#"{"inner": {"items": [{}, {"items": 1}]}}"#.utf8)
        let coders = Self.coders {
            #expect(throws: DecodingError.self) { try JSONValue.parse(wrong).decodeNamingUnknown(Witness.self) }
        }
        #expect(coders == Coders(used: 4, left: 0))
    }

    @Test("nothing stays of what was written, nor of containers that were written in turns")
    func writing() throws {
        let coders = try Self.coders { _ = try JSONValue.text(of: [Witness(), Witness()]) }
        #expect(coders == Coders(used: 6, left: 0))
    }
}
