/// A value that can be a statement's parameter, in PostgreSQL's binary form.
public protocol PostgresEncodable: Sendable {
    /// The type the parameter is declared with when the statement is prepared.
    static var postgresType: PostgresType { get }

    /// Appends the value's binary form.
    func encode(postgres bytes: inout [UInt8])

    /// Whether the value is NULL; then it is not encoded.
    var isPostgresNull: Bool { get }
}

extension PostgresEncodable {
    public var isPostgresNull: Bool { false }

    func bind(to bindings: inout Bindings) {
        if isPostgresNull {
            bindings.appendNull(Self.postgresType)
        } else {
            bindings.append(Self.postgresType) { encode(postgres: &$0) }
        }
    }
}

/// A value that can be read from a column.
public protocol PostgresDecodable: Sendable {
    /// Reads the value, or nil when the cell has another type or a form that the value cannot have.
    ///
    /// Only asked for cells that are not NULL.
    init?(postgres cell: Cell)

    /// What NULL becomes; nil when NULL is an error.
    static var postgresNull: Self? { get }

    /// Whether values of this PostgreSQL type are read at all, if their form is right. What an error says depends on it,
    /// and whether an empty array is one of this type.
    static func reads(_ type: PostgresType) -> Bool
}

extension PostgresDecodable {
    /// NULL is an error.
    @inlinable
    public static var postgresNull: Self? { nil }

    /// What only decodes is taken to read every type.
    public static func reads(_ type: PostgresType) -> Bool { true }
}

extension PostgresDecodable where Self: PostgresEncodable {
    /// What is also sent reads the type that it is sent as.
    public static func reads(_ type: PostgresType) -> Bool { type == postgresType }
}

/// A value that is both sent and read.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

/// One value of a row as the server sent it. Valid only while it is being read.
public struct Cell {
    /// The column's type, or that of the array's or range's elements.
    public let type: PostgresType
    /// The value's binary form.
    public let bytes: UnsafeRawBufferPointer

    /// - Parameter bytes: must outlive the cell.
    public init(type: PostgresType, bytes: UnsafeRawBufferPointer) {
        self.type = type
        self.bytes = bytes
    }

    /// Why a value of type `T` cannot be read from this cell, for an error. Never says what is in it.
    func refusal<T: PostgresDecodable>(_: T.Type) -> String {
        T.reads(type) ? "is \(type) in a form that \(T.self) cannot have" : "is \(type), not \(T.self)"
    }

    /// The bytes as an integer in network byte order; nil when there are not exactly as many.
    public func integer<I: FixedWidthInteger>(_: I.Type) -> I? {
        guard bytes.count == MemoryLayout<I>.size else { return nil }
        return I(bigEndian: bytes.loadUnaligned(as: I.self))
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }
    public var isPostgresNull: Bool {
        if case .none = self { true } else { false }
    }
    public func encode(postgres bytes: inout [UInt8]) { self?.encode(postgres: &bytes) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    @inlinable
    public static var postgresNull: Wrapped?? { .some(nil) }
    public static func reads(_ type: PostgresType) -> Bool { Wrapped.reads(type) }

    @inlinable
    public init?(postgres cell: Cell) {
        guard let value = Wrapped(postgres: cell) else { return nil }
        self = value
    }
}

// Codes stored as text: declare the conformance, the raw value does the rest.
extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    public static var postgresType: PostgresType { RawValue.postgresType }
    public func encode(postgres bytes: inout [UInt8]) { rawValue.encode(postgres: &bytes) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public static func reads(_ type: PostgresType) -> Bool { RawValue.reads(type) }
    @inlinable
    public init?(postgres cell: Cell) {
        guard let raw = RawValue(postgres: cell) else { return nil }
        self.init(rawValue: raw)
    }
}

// Needed where both of the extensions above hold.
extension PostgresDecodable where Self: PostgresEncodable & RawRepresentable, RawValue: PostgresDecodable {
    public static func reads(_ type: PostgresType) -> Bool { RawValue.reads(type) }
}
