/// The members of an object.
struct JSONObjectContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let members: [JSONObject.Member]
    private let node: JSONNode
    /// Where each name is; only for objects of so many members that looking through them would take longer.
    private let positions: [String: Int]?

    init(_ members: [JSONObject.Member], of node: JSONNode) {
        self.members = members
        self.node = node
        // Many members are a hostile object, or a dictionary: looking through all of them for each would take its square.
        positions =
            members.count <= JSONObject.fewMembers
            ? nil : Dictionary(members.indices.map { (members[$0].name, $0) }, uniquingKeysWith: { _, last in last })
    }

    var codingPath: [any CodingKey] { node.codingPath }

    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }

    func decode<Value: Decodable>(_: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: member(key))
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try present(key)?.decode(type) }

    func decodeIfPresent<Value: Decodable>(_: Value.Type, forKey key: Key) throws -> Value? {
        try present(key).map { try Value(from: $0) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try member(JSONKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

    private func find(_ name: String) -> Int? {
        let position = positions.map { $0[name] } ?? members.firstIndex { $0.name == name }
        if let position { node.ask(position) }
        return position
    }

    private func member(_ key: some CodingKey) throws -> JSONNode {
        let name = key.stringValue
        guard let position = find(name) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
        }
        return node.member(name, members[position].value)
    }

    /// The member, unless it is absent or null.
    private func present(_ key: Key) throws -> JSONNode? {
        let name = key.stringValue
        guard let position = find(name) else { return nil }
        if case .null = members[position].value { return nil }
        return node.member(name, members[position].value)
    }
}

extension JSONObject {
    /// Up to so many members are compared one by one, which is faster than hashing their names.
    static let fewMembers = 16
}
