extension Int16: PostgresCodable {
    public static var postgresType: PostgresType { .int2 }
    public static func reads(_ type: PostgresType) -> Bool { type.isInteger }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension Int32: PostgresCodable {
    public static var postgresType: PostgresType { .int4 }
    public static func reads(_ type: PostgresType) -> Bool { type.isInteger }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension Int64: PostgresCodable {
    public static var postgresType: PostgresType { .int8 }
    public static func reads(_ type: PostgresType) -> Bool { type.isInteger }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension Int: PostgresCodable {
    public static var postgresType: PostgresType { .int8 }
    public static func reads(_ type: PostgresType) -> Bool { type.isInteger }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

/// An `oid`: the number of an object in PostgreSQL's catalogue.
extension UInt32: PostgresCodable {
    public static var postgresType: PostgresType { .oid }
    public static func reads(_ type: PostgresType) -> Bool { type.isInteger }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension PostgresType {
    fileprivate var isInteger: Bool {
        switch self {
        case .int2, .int4, .int8, .xid8, .oid: true
        default: false
        }
    }
}

extension FixedWidthInteger {
    /// Reads any of the server's integers that fits, so that a column may be narrower than the program's type.
    fileprivate init?(integer cell: Cell) {
        switch cell.type {
        case .int8, .xid8:
            guard let value = cell.integer(Int64.self) else { return nil }
            self.init(exactly: value)
        case .int4:
            guard let value = cell.integer(Int32.self) else { return nil }
            self.init(exactly: value)
        case .int2:
            guard let value = cell.integer(Int16.self) else { return nil }
            self.init(exactly: value)
        case .oid:
            guard let value = cell.integer(UInt32.self) else { return nil }
            self.init(exactly: value)
        default: return nil
        }
    }
}
