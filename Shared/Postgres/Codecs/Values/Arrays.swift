/// One-dimensional arrays, and `bytea` for bytes.
extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public func encode(postgres bytes: inout [UInt8]) { Element.encode(array: self, to: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public static func reads(_ type: PostgresType) -> Bool { Element.reads(array: type) }
    public init?(postgres cell: Cell) {
        guard let elements = Element.decode(array: cell) else { return nil }
        self = elements
    }
}

/// A value that can stand in an array parameter or column.
///
/// Declare it for a type that is encoded and decoded: the default implementations do the rest. An optional of it is one
/// as well, for arrays with NULLs. `UInt8` is one by way of `bytea`: an array of bytes is a byte string there, not an
/// array.
public protocol PostgresArrayElement: Sendable {
    /// The type that a parameter with an array of these is declared with.
    static var postgresArrayType: PostgresType { get }
    /// Whether arrays of this type are read at all, if their form is right.
    static func reads(array type: PostgresType) -> Bool
    /// Appends the array's binary form.
    static func encode(array: [Self], to bytes: inout [UInt8])
    /// Reads an array, or nil when the cell has another type, more than one dimension, or an element that cannot be read.
    static func decode(array cell: Cell) -> [Self]?
}

extension UInt8: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .bytea }
    public static func reads(array type: PostgresType) -> Bool { type == .bytea }
    public static func encode(array: [UInt8], to bytes: inout [UInt8]) { bytes.append(contentsOf: array) }
    public static func decode(array cell: Cell) -> [UInt8]? { cell.type == .bytea ? Array(cell.bytes) : nil }
}

extension PostgresArrayElement where Self: PostgresCodable {
    public static var postgresArrayType: PostgresType {
        // SAFETY: a programming error that the first use in any test shows; there is no other type to send.
        guard let type = postgresType.array else { preconditionFailure("no array type of \(Self.self)") }
        return type
    }

    public static func reads(array type: PostgresType) -> Bool {
        type.element.map { reads($0) } ?? (type.isUserDefined && reads(type))
    }

    /// Dimensions, whether there are NULLs, element type, length and lower bound; then each element with its length.
    public static func encode(array: [Self], to bytes: inout [UInt8]) {
        bytes.append(bigEndian: Int32(array.isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(array.contains(where: \.isPostgresNull) ? 1 : 0))
        bytes.append(bigEndian: postgresType.rawValue)
        guard !array.isEmpty else { return }
        bytes.append(bigEndian: Int32(array.count))
        bytes.append(bigEndian: Int32(1))
        for element in array {
            guard !element.isPostgresNull else {
                bytes.append(bigEndian: Int32(-1))
                continue
            }
            bytes.appendWithLength { element.encode(postgres: &$0) }
        }
    }

    public static func decode(array cell: Cell) -> [Self]? {
        var reader = WireReader(cell.bytes)
        guard let dimensions = reader.integer(Int32.self), reader.integer(Int32.self) != nil,
            let element = reader.integer(UInt32.self).map(PostgresType.init), cell.type.isArray(of: element),
            reads(element)
        else { return nil }
        if dimensions == 0 { return reader.isAtEnd ? [] : nil }
        // Each element has its length in front: a number of elements that cannot be there must not take memory.
        guard dimensions == 1, let count = reader.integer(Int32.self), reader.integer(Int32.self) != nil, count >= 0,
            Int(count) <= reader.remaining / 4
        else { return nil }
        var elements: [Self] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = reader.integer(Int32.self) else { return nil }
            if length == -1 {
                guard let null = Self.postgresNull else { return nil }
                elements.append(null)
            } else {
                guard let bytes = reader.bytes(length), let value = Self(postgres: Cell(type: element, bytes: bytes))
                else { return nil }
                elements.append(value)
            }
        }
        return reader.isAtEnd ? elements : nil
    }
}

extension PostgresType {
    /// What the elements of an array of this type are; nil where this is no array type of the client's.
    fileprivate var element: PostgresType? { Self.elements[rawValue] }

    private static let elements: [UInt32: PostgresType] = {
        let known: [PostgresType] = [
            .bool, .bytea, .name, .int8, .int2, .int4, .text, .oid, .json, .float4, .float8, .bpchar, .varchar, .date,
            .timestamptz, .interval, .numeric, .uuid, .jsonb, .int4range, .numrange, .tstzrange, .daterange, .int8range,
            .xid8,
        ]
        return known.reduce(into: [:]) { elements, type in
            if let array = type.array { elements[array.rawValue] = type }
        }
    }()

    /// Whether values of this type can be arrays of the element type that stands in the value itself.
    fileprivate func isArray(of element: PostgresType) -> Bool {
        if let array = element.array { return array == self || self == .anyarray }
        return isUserDefined && element.isUserDefined
    }
}
