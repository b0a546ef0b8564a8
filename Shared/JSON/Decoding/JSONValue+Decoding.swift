extension JSONValue {
    /// Reads JSON text into a type. Members that the type does not know are passed over: a newer writer may add some.
    ///
    /// A quarter of what Foundation's decoder costs for the payload of a message, and numbers never pass through floating
    /// point. Bytes are no special case here as they are there: a type says by itself how it is written.
    ///
    /// - Throws: ``JSONSyntaxError`` where the bytes are no JSON within the limits; `DecodingError`, with the path to the
    ///   value, where they do not fit the type.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: some Collection<UInt8>, limits: JSONLimits = .own
    ) throws -> Value {
        try parse(bytes, limits: limits).decode(type)
    }

    /// Reads the value into a type, and passes over members that the type does not know.
    ///
    /// - Throws: `DecodingError`, with the path to the value.
    public func decode<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
        try Value(from: JSONNode(self, .root, read: nil))
    }

    /// Reads the value into a type, and says which members the type does not know.
    ///
    /// A synthesised `init(from:)` asks its container for every property, present or not; so a member that was never asked
    /// for is one that the type does not know. Nothing needs to be declared twice.
    ///
    /// - Returns: also the JSON pointers of the unknown members, sorted; at most 20 of them.
    /// - Throws: `DecodingError`, with the path to the value.
    public func decodeNamingUnknown<Value: Decodable>(
        _: Value.Type = Value.self
    ) throws -> (value: Value, unknown: [String]) {
        let read = ReadObjects()
        // The nodes know it as well: without this both would stay for ever.
        defer { read.nodes.removeAll() }
        let value = try Value(from: JSONNode(self, .root, read: read))
        return (value, read.unknown)
    }
}

/// The JSON pointer (RFC 6901) of a coding path: `/items/0/a~1b`.
public func jsonPointer(_ path: [any CodingKey]) -> String {
    var pointer = ""
    for key in path {
        pointer += "/"
        for character in key.stringValue {
            switch character {
            case "~": pointer += "~0"
            case "/": pointer += "~1"
            default: pointer.append(character)
            }
        }
    }
    return pointer
}

/// The objects that were opened in one decoding, each knowing which of its members were asked for.
final class ReadObjects {
    var nodes: [JSONNode] = []

    /// The pointers of members that nobody asked for. An object that was read twice, each time for other members, counts
    /// as one. Sorted, and at most 20, so that an answer stays small.
    var unknown: [String] {
        guard nodes.contains(where: { !$0.unasked.isEmpty }) else { return [] }
        var unasked: [String: Set<String>] = [:]
        for node in nodes {
            let names = Set(node.unasked)
            unasked[jsonPointer(node.codingPath), default: names].formIntersection(names)
        }
        let pointers = unasked.flatMap { place, names in names.map { place + jsonPointer([JSONKey($0)]) } }
        return Array(pointers.sorted().prefix(20))
    }
}
