public import FoundationEssentials

extension Bool: PostgresCodable {
    public static var postgresType: PostgresType { .bool }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
    public init?(postgres cell: Cell) {
        guard cell.type == .bool, cell.bytes.count == 1 else { return nil }
        self = cell.bytes[0] != 0
    }
}

extension Int16: PostgresCodable {
    public static var postgresType: PostgresType { .int2 }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension Int32: PostgresCodable {
    public static var postgresType: PostgresType { .int4 }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension Int64: PostgresCodable {
    public static var postgresType: PostgresType { .int8 }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension Int: PostgresCodable {
    public static var postgresType: PostgresType { .int8 }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
    public init?(postgres cell: Cell) { self.init(integer: cell) }
}

extension FixedWidthInteger {
    /// Reads any of the server's integers that fits, so that a column may be narrower than the program's type.
    fileprivate init?(integer cell: Cell) {
        switch cell.type {
        case .int2:
            guard let value = cell.integer(Int16.self) else { return nil }
            self.init(exactly: value)
        case .int4:
            guard let value = cell.integer(Int32.self) else { return nil }
            self.init(exactly: value)
        case .int8, .xid8:
            guard let value = cell.integer(Int64.self) else { return nil }
            self.init(exactly: value)
        default: return nil
        }
    }
}

extension Double: PostgresCodable {
    public static var postgresType: PostgresType { .float8 }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
    public init?(postgres cell: Cell) {
        switch cell.type {
        case .float8:
            guard let bits = cell.integer(UInt64.self) else { return nil }
            self.init(bitPattern: bits)
        case .float4:
            guard let bits = cell.integer(UInt32.self) else { return nil }
            self.init(Float(bitPattern: bits))
        default: return nil
        }
    }
}

extension String: PostgresCodable {
    public static var postgresType: PostgresType { .text }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    public init?(postgres cell: Cell) {
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .json:
            guard let text = String(validating: cell.bytes, as: UTF8.self) else { return nil }
            self = text
        default: return nil
        }
    }
}

extension UUID: PostgresCodable {
    public static var postgresType: PostgresType { .uuid }
    public func encode(postgres bytes: inout [UInt8]) {
        withUnsafeBytes(of: uuid) { bytes.append(contentsOf: $0) }
    }
    public init?(postgres cell: Cell) {
        guard cell.type == .uuid, cell.bytes.count == 16 else { return nil }
        self.init(uuid: cell.bytes.loadUnaligned(as: uuid_t.self))
    }
}

/// JSON text for a `jsonb` column. PostgreSQL normalises it: keep what must survive as received in `bytea`.
public struct JSONB: PostgresCodable, Hashable {
    /// UTF-8 JSON.
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public static var postgresType: PostgresType { .jsonb }

    public func encode(postgres bytes: inout [UInt8]) {
        bytes.append(1)  // the version of the binary form
        bytes.append(contentsOf: self.bytes)
    }

    public init?(postgres cell: Cell) {
        switch cell.type {
        case .jsonb:
            guard cell.bytes.first == 1 else { return nil }
            bytes = Array(cell.bytes.dropFirst())
        case .json, .text: bytes = Array(cell.bytes)
        default: return nil
        }
    }
}

/// A `timestamptz`, in microseconds since 1970 UTC.
public struct PostgresTimestamp: PostgresCodable, Hashable {
    public let microsecondsSince1970: Int64

    /// PostgreSQL counts from 2000-01-01.
    private static let epoch: Int64 = 946_684_800_000_000

    public init(microsecondsSince1970: Int64) {
        self.microsecondsSince1970 = microsecondsSince1970
    }

    public static var postgresType: PostgresType { .timestamptz }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: microsecondsSince1970 - Self.epoch) }

    /// Infinity is no point in time and reads as nil.
    public init?(postgres cell: Cell) {
        guard cell.type == .timestamptz, let value = cell.integer(Int64.self), value != .max, value != .min else {
            return nil
        }
        microsecondsSince1970 = value + Self.epoch
    }
}

/// A `date`, in days since 1970-01-01.
public struct PostgresDate: PostgresCodable, Hashable {
    public let daysSince1970: Int

    /// Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
    private static let epoch = 10_957

    public init(daysSince1970: Int) {
        self.daysSince1970 = daysSince1970
    }

    public static var postgresType: PostgresType { .date }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: Int32(daysSince1970 - Self.epoch)) }
    public init?(postgres cell: Cell) {
        guard cell.type == .date, let value = cell.integer(Int32.self), value != .max, value != .min else { return nil }
        daysSince1970 = Int(value) + Self.epoch
    }
}
