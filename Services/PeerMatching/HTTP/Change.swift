/// A member of a PATCH: absent, null, or a new value.
enum Change<Value: Sendable>: Sendable {
    case keep, clear
    case set(Value)

    var isGiven: Bool {
        if case .keep = self { false } else { true }
    }

    /// Changes an optional property.
    func apply(to property: inout Value?) {
        switch self {
        case .keep: break
        case .clear: property = nil
        case .set(let value): property = value
        }
    }

    /// Changes a property that has a value of its own for nothing.
    func apply(to property: inout Value, without empty: Value) {
        switch self {
        case .keep: break
        case .clear: property = empty
        case .set(let value): property = value
        }
    }
}

extension KeyedDecodingContainer {
    /// A member that may be null.
    func change<Value: Decodable & Sendable>(_ key: Key, as _: Value.Type = Value.self) throws -> Change<Value> {
        guard contains(key) else { return .keep }
        return try decodeIfPresent(Value.self, forKey: key).map(Change.set) ?? .clear
    }

    /// A member that may be absent, but not null.
    func required<Value: Decodable & Sendable>(_ key: Key, as _: Value.Type = Value.self) throws -> Change<Value> {
        guard contains(key) else { return .keep }
        return .set(try decode(Value.self, forKey: key))
    }
}
