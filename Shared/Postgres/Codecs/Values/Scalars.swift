public import FoundationEssentials
internal import Glibc

extension Bool: PostgresCodable {
    public static var postgresType: PostgresType { .bool }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
    public init?(postgres cell: Cell) {
        guard cell.type == .bool, cell.bytes.count == 1 else { return nil }
        self = cell.bytes[0] != 0
    }
}

extension Float: PostgresCodable {
    public static var postgresType: PostgresType { .float4 }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
    public init?(postgres cell: Cell) {
        guard cell.type == .float4, let bits = cell.integer(UInt32.self) else { return nil }
        self.init(bitPattern: bits)
    }
}

extension Double: PostgresCodable {
    public static var postgresType: PostgresType { .float8 }
    public static func reads(_ type: PostgresType) -> Bool { type == .float8 || type == .float4 }
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
    public static func reads(_ type: PostgresType) -> Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .json: true
        default: false
        }
    }
    public func encode(postgres bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    public init?(postgres cell: Cell) {
        guard Self.reads(cell.type) else { return nil }
        self.init(valid: cell.bytes)
    }

    /// The text, or nil where the bytes are no UTF-8.
    ///
    /// What had to be repaired is not what it was. `String(validating:)` says the same and takes 45 ns for six letters,
    /// this 12.
    init?(valid bytes: UnsafeRawBufferPointer) {
        self.init(decoding: bytes, as: UTF8.self)
        let isSame = utf8.withContiguousStorageIfAvailable { text in
            guard let first = text.baseAddress, let second = bytes.baseAddress else { return bytes.isEmpty }
            return text.count == bytes.count && memcmp(first, second, bytes.count) == 0
        }
        guard isSame ?? utf8.elementsEqual(bytes) else { return nil }
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

    /// - Parameter bytes: UTF-8 JSON; what is none is refused by the server.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public static var postgresType: PostgresType { .jsonb }
    public static func reads(_ type: PostgresType) -> Bool { type == .jsonb || type == .json || type == .text }

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
