/// A type of PostgreSQL, by its object id. The numbers are fixed for built-in types (`pg_type.dat`).
public struct PostgresType: Hashable, Sendable {
    /// The object id, as in `pg_type.oid`.
    public let rawValue: UInt32

    /// - Parameter rawValue: an object id of `pg_type`; 0 leaves a parameter's type to the server.
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// No type: the server takes the one that the parameter's place in the statement asks for.
    public static let unspecified = PostgresType(0)
    /// Read as `Bool`.
    public static let bool = PostgresType(16)
    /// Read as `[UInt8]`.
    public static let bytea = PostgresType(17)
    /// A name in PostgreSQL's catalogue. Read as `String`.
    public static let name = PostgresType(19)
    /// Read as `Int` and every wider or narrower integer that it fits.
    public static let int8 = PostgresType(20)
    /// Read as any integer.
    public static let int2 = PostgresType(21)
    /// Read as any integer that it fits.
    public static let int4 = PostgresType(23)
    /// Read as `String`.
    public static let text = PostgresType(25)
    /// The number of an object in PostgreSQL's catalogue. Read as `UInt32`.
    public static let oid = PostgresType(26)
    /// Read as ``JSONB`` or `String`, as it was stored.
    public static let json = PostgresType(114)
    /// Read as `Float` or `Double`.
    public static let float4 = PostgresType(700)
    /// Read as `Double`.
    public static let float8 = PostgresType(701)
    /// `char(n)`. Read as `String`, with its spaces.
    public static let bpchar = PostgresType(1042)
    /// Read as `String`.
    public static let varchar = PostgresType(1043)
    /// Read as ``PostgresDate``.
    public static let date = PostgresType(1082)
    /// Read as ``PostgresTimestamp``.
    public static let timestamptz = PostgresType(1184)
    /// Read as ``PostgresInterval``.
    public static let interval = PostgresType(1186)
    /// Read as ``PostgresNumeric``.
    public static let numeric = PostgresType(1700)
    /// The declared type of columns that hold arrays of any type, in the catalogue only.
    public static let anyarray = PostgresType(2277)
    /// Read as `UUID`.
    public static let uuid = PostgresType(2950)
    /// Read as ``JSONB``.
    public static let jsonb = PostgresType(3802)
    /// Read as ``PostgresRange`` of any integer.
    public static let int4range = PostgresType(3904)
    /// Read as ``PostgresRange`` of ``PostgresNumeric``.
    public static let numrange = PostgresType(3906)
    /// Read as ``PostgresRange`` of ``PostgresTimestamp``.
    public static let tstzrange = PostgresType(3910)
    /// Read as ``PostgresRange`` of ``PostgresDate``.
    public static let daterange = PostgresType(3912)
    /// Read as ``PostgresRange`` of an integer.
    public static let int8range = PostgresType(3926)
    /// The number of a transaction. Read as an integer.
    public static let xid8 = PostgresType(5069)

    /// Whether somebody created the type in the database: an enum, a domain, a composite or an extension's type.
    ///
    /// Its number differs from one database to the next. Numbers below are PostgreSQL's own (`FirstNormalObjectId`).
    public var isUserDefined: Bool { rawValue >= 16_384 }

    /// The array type with this element type; nil where no array of it is supported.
    public var array: PostgresType? {
        switch self {
        case .unspecified: .unspecified
        case .bool: PostgresType(1000)
        case .bytea: PostgresType(1001)
        case .name: PostgresType(1003)
        case .int2: PostgresType(1005)
        case .int4: PostgresType(1007)
        case .text: PostgresType(1009)
        case .bpchar: PostgresType(1014)
        case .varchar: PostgresType(1015)
        case .int8: PostgresType(1016)
        case .float4: PostgresType(1021)
        case .float8: PostgresType(1022)
        case .oid: PostgresType(1028)
        case .date: PostgresType(1182)
        case .timestamptz: PostgresType(1185)
        case .interval: PostgresType(1187)
        case .json: PostgresType(199)
        case .xid8: PostgresType(271)
        case .numeric: PostgresType(1231)
        case .uuid: PostgresType(2951)
        case .jsonb: PostgresType(3807)
        case .int4range: PostgresType(3905)
        case .numrange: PostgresType(3907)
        case .tstzrange: PostgresType(3911)
        case .daterange: PostgresType(3913)
        case .int8range: PostgresType(3927)
        default: nil
        }
    }

    /// The range type with bounds of this type; nil where there is none.
    public var range: PostgresType? {
        switch self {
        case .int4: .int4range
        case .int8: .int8range
        case .numeric: .numrange
        case .date: .daterange
        case .timestamptz: .tstzrange
        default: nil
        }
    }

    /// What the bounds of a range of this type are; nil where this is no range.
    public var bound: PostgresType? {
        switch self {
        case .int4range: .int4
        case .int8range: .int8
        case .numrange: .numeric
        case .daterange: .date
        case .tstzrange: .timestamptz
        default: nil
        }
    }
}
