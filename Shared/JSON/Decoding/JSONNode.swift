/// One value of a JSON text while it is decoded, and where it stands.
///
/// A class, because each value is handed on as `any Decoder` several times, and a struct of this size would be copied to
/// the heap each time. Lives for one decoding on one task.
final class JSONNode: Decoder {
    /// Where a value stands in the one around it; the whole path is put together only for an error.
    enum Place {
        case root
        case member(String, of: JSONNode)
        case item(Int, of: JSONNode)
    }

    let value: JSONValue
    private let place: Place
    /// Where objects are noted whose unknown members are wanted.
    private let read: ReadObjects?
    /// For each member whether it was asked for; empty where nobody wants to know.
    private var asked: [Bool] = []

    init(_ value: JSONValue, _ place: Place, read: ReadObjects?) {
        self.value = value
        self.place = place
        self.read = read
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var codingPath: [any CodingKey] {
        switch place {
        case .root: []
        case .member(let name, let node): node.codingPath + [JSONKey(name)]
        case .item(let index, let node): node.codingPath + [JSONKey(intValue: index)]
        }
    }

    func member(_ name: String, _ value: JSONValue) -> JSONNode { JSONNode(value, .member(name, of: self), read: read) }
    func item(_ index: Int, _ value: JSONValue) -> JSONNode { JSONNode(value, .item(index, of: self), read: read) }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch([String: JSONValue].self, "an object") }
        if let read, asked.isEmpty, !object.isEmpty {
            asked = Array(repeating: false, count: object.members.count)
            read.nodes.append(self)
        }
        return KeyedDecodingContainer(JSONObjectContainer<Key>(object.members, of: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw mismatch([JSONValue].self, "an array") }
        return JSONArrayContainer(items, of: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    /// Somebody knows the member at this position.
    func ask(_ position: Int) {
        if position < asked.count { asked[position] = true }
    }

    /// The names of the members that nobody has asked for.
    var unasked: [String] {
        guard case .object(let object) = value else { return [] }
        return zip(object.members, asked).filter { !$1 }.map(\.0.name)
    }

    func mismatch(_ type: any Any.Type, _ expected: String) -> DecodingError {
        if case .null = value {
            return .valueNotFound(type, .init(codingPath: codingPath, debugDescription: "must not be null"))
        }
        return .typeMismatch(
            type, .init(codingPath: codingPath, debugDescription: "must be \(expected), not \(value.kind)"))
    }

    func corrupted(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: reason))
    }
}

extension JSONValue {
    /// What it is, in the words of an error for its sender.
    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A member's name, or the position of an array's item.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init?(stringValue: String) { self.init(stringValue) }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}
