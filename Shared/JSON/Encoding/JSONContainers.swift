/// The members of an object that is being written.
struct JSONObjectWriting<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let place: JSONPlace

    var codingPath: [any CodingKey] { place.codingPath }

    func encodeNil(forKey key: Key) { place.write(.value(.null), named: key.stringValue) }
    func encode(_ value: String, forKey key: Key) { place.write(.value(.string(value)), named: key.stringValue) }
    func encode(_ value: Bool, forKey key: Key) { place.write(.value(.bool(value)), named: key.stringValue) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        let inner = JSONPlace(.member(key.stringValue, of: place))
        try value.encode(to: inner)
        place.write(.value(inner.value), named: key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        inner(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        inner(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { inner("super") }
    func superEncoder(forKey key: Key) -> any Encoder { inner(key.stringValue) }

    /// A place that is written to later.
    private func inner(_ name: String) -> JSONPlace {
        let inner = JSONPlace(.held(JSONKey(name), by: .init(place: place)))
        place.write(.place(inner), named: name)
        return inner
    }
}

/// The items of an array that is being written.
struct JSONArrayWriting: UnkeyedEncodingContainer {
    let place: JSONPlace

    var codingPath: [any CodingKey] { place.codingPath }
    var count: Int { place.count }

    func encodeNil() { place.append(.value(.null)) }
    func encode(_ value: String) { place.append(.value(.string(value))) }

    func encode(_ value: some Encodable) throws {
        let inner = JSONPlace(.item(count, of: place))
        try value.encode(to: inner)
        place.append(.value(inner.value))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        inner().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { inner().unkeyedContainer() }
    func superEncoder() -> any Encoder { inner() }

    private func inner() -> JSONPlace {
        let inner = JSONPlace(.held(JSONKey(intValue: count), by: .init(place: place)))
        place.append(.place(inner))
        return inner
    }
}
