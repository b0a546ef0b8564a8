/// One-dimensional arrays, and `bytea` for bytes.
extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public func encode(postgres bytes: inout [UInt8]) { Element.encode(array: self, to: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public init?(postgres cell: Cell) {
        guard let elements = Element.decode(array: cell) else { return nil }
        self = elements
    }
}

/// A value that can stand in an array parameter or column.
///
/// `UInt8` is one by way of `bytea`: an array of bytes is a byte string there, not an array.
public protocol PostgresArrayElement: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func encode(array: [Self], to bytes: inout [UInt8])
    static func decode(array cell: Cell) -> [Self]?
}

extension UInt8: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .bytea }
    public static func encode(array: [UInt8], to bytes: inout [UInt8]) { bytes.append(contentsOf: array) }
    public static func decode(array cell: Cell) -> [UInt8]? { cell.type == .bytea ? Array(cell.bytes) : nil }
}

extension PostgresArrayElement where Self: PostgresCodable {
    public static var postgresArrayType: PostgresType {
        // SAFETY: a programming error that the first use in any test shows; there is no other type to send.
        guard let type = postgresType.array else { preconditionFailure("no array type of \(Self.self)") }
        return type
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
            let start = bytes.count
            bytes.append(bigEndian: Int32(0))
            element.encode(postgres: &bytes)
            let length = Int32(bytes.count - start - 4).bigEndian
            withUnsafeBytes(of: length) { bytes.replaceSubrange(start..<start + 4, with: $0) }
        }
    }

    public static func decode(array cell: Cell) -> [Self]? {
        var rest = cell.bytes[...]
        func integer() -> Int32? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return Int32(bigEndian: UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: Int32.self))
        }
        guard let dimensions = integer(), integer() != nil, let element = integer() else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = integer(), count >= 0, integer() != nil else { return nil }
        let type = PostgresType(UInt32(bitPattern: element))
        var elements: [Self] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = integer() else { return nil }
            if length < 0 {
                guard let null = Self.postgresNull else { return nil }
                elements.append(null)
                continue
            }
            guard rest.count >= Int(length) else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length)))
            guard let value = Self(postgres: Cell(type: type, bytes: bytes)) else { return nil }
            elements.append(value)
            rest = rest.dropFirst(Int(length))
        }
        return elements
    }
}
