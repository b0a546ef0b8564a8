/// The items of an array, one after the other.
struct JSONArrayContainer: UnkeyedDecodingContainer {
    private let items: [JSONValue]
    private let node: JSONNode
    private(set) var currentIndex = 0

    init(_ items: [JSONValue], of node: JSONNode) {
        self.items = items
        self.node = node
    }

    var codingPath: [any CodingKey] { node.codingPath }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    mutating func decodeNil() throws -> Bool {
        guard try item().decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_: Value.Type) throws -> Value {
        try passing { try Value(from: $0) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try passing { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try passing { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try passing { $0 } }

    private func item() throws -> JSONNode {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                JSONValue.self,
                .init(codingPath: codingPath + [JSONKey(intValue: currentIndex)], debugDescription: "missing"))
        }
        return node.item(currentIndex, items[currentIndex])
    }

    /// Goes on to the next item where this one could be read.
    private mutating func passing<Value>(_ read: (JSONNode) throws -> Value) throws -> Value {
        let value = try read(item())
        currentIndex += 1
        return value
    }
}
