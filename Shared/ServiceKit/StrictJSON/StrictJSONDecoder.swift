internal import JSON

/// Decodes one value of a JSON tree and notes which members of objects are asked for.
struct StrictJSONDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let asked: AskedMembers

    init(_ value: JSONValue, path: [any CodingKey] = [], asked: AskedMembers) {
        self.value = value
        self.asked = asked
        codingPath = path
    }

    func child(_ value: JSONValue, _ key: some CodingKey) -> StrictJSONDecoder {
        StrictJSONDecoder(value, path: codingPath + [key], asked: asked)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch([String: JSONValue].self, "an object") }
        // A dictionary, so that a hostile object of many members costs no more than its length.
        let members = Dictionary(object.members.lazy.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        let place = jsonPointer(codingPath)
        asked.opened(place, members: members.keys)
        return KeyedDecodingContainer(ObjectContainer<Key>(members: members, decoder: self, place: place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw mismatch([JSONValue].self, "an array") }
        return ArrayContainer(items: items, decoder: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        ScalarContainer(decoder: self)
    }

    func mismatch(_ type: any Any.Type, _ expected: String) -> DecodingError {
        if case .null = value {
            return .valueNotFound(type, .init(codingPath: codingPath, debugDescription: "must not be null"))
        }
        return .typeMismatch(
            type, .init(codingPath: codingPath, debugDescription: "must be \(expected), not \(value.kind)")
        )
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

/// Which members of which objects were asked for, in one decoding on one task.
final class AskedMembers {
    private var present: [String: Set<String>] = [:]
    private var asked: [String: Set<String>] = [:]

    /// An object at this pointer is being read as an object.
    func opened(_ place: String, members: some Sequence<String>) {
        present[place] = Set(members)
    }

    func ask(_ name: String, at place: String) {
        asked[place, default: []].insert(name)
    }

    /// The pointers of members that nobody asked for. Sorted, because an object has no order; at most 20, so that an
    /// answer stays small.
    var unknown: [String] {
        let all = present.flatMap { place, names in
            names.subtracting(asked[place] ?? []).map { place + jsonPointer([JSONKey($0)]) }
        }
        return Array(all.sorted().prefix(20))
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
