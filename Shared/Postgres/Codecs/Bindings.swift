/// The parameters of one call in PostgreSQL's binary form, in one piece of memory.
struct Bindings: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var cells: [Cell] = []

    struct Cell: Sendable {
        let type: PostgresType
        /// Where the value lies in `bytes`; nil for NULL.
        let range: Range<Int>?
    }

    init<each P: PostgresEncodable>(_ parameters: repeat each P) {
        repeat (each parameters).bind(to: &self)
    }

    var types: [PostgresType] { cells.map(\.type) }

    mutating func append(_ type: PostgresType, _ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        write(&bytes)
        cells.append(Cell(type: type, range: start..<bytes.count))
    }

    mutating func appendNull(_ type: PostgresType) {
        cells.append(Cell(type: type, range: nil))
    }
}

/// A type of PostgreSQL, by its object id. The numbers are fixed for built-in types (`pg_type.dat`).
public struct PostgresType: Hashable, Sendable {
    public let rawValue: UInt32

    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let bool = PostgresType(16)
    public static let bytea = PostgresType(17)
    public static let name = PostgresType(19)
    public static let int8 = PostgresType(20)
    public static let int2 = PostgresType(21)
    public static let int4 = PostgresType(23)
    public static let text = PostgresType(25)
    public static let json = PostgresType(114)
    public static let float4 = PostgresType(700)
    public static let float8 = PostgresType(701)
    public static let bpchar = PostgresType(1042)
    public static let varchar = PostgresType(1043)
    public static let date = PostgresType(1082)
    public static let timestamptz = PostgresType(1184)
    public static let uuid = PostgresType(2950)
    public static let jsonb = PostgresType(3802)
    public static let xid8 = PostgresType(5069)

    /// The array type with this element type; nil where no array of it is supported.
    public var array: PostgresType? {
        switch self {
        case .bool: PostgresType(1000)
        case .bytea: PostgresType(1001)
        case .int2: PostgresType(1005)
        case .int4: PostgresType(1007)
        case .text: PostgresType(1009)
        case .int8: PostgresType(1016)
        case .float8: PostgresType(1022)
        case .date: PostgresType(1182)
        case .timestamptz: PostgresType(1185)
        case .uuid: PostgresType(2951)
        case .jsonb: PostgresType(3807)
        default: nil
        }
    }
}

extension [UInt8] {
    /// Appends an integer in network byte order.
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension Bindings {
    /// The parameters in the form libpq takes: pointers into one buffer, lengths, and "binary" for each.
    func withLibPQArguments<R>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        bytes.withUnsafeBytes { buffer in
            // An empty value still needs an address: for libpq no address means NULL.
            let start = buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            let values = cells.map { cell in
                cell.range.flatMap { start?.advanced(by: $0.lowerBound).assumingMemoryBound(to: CChar.self) }
            }
            let lengths = cells.map { Int32($0.range?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: cells.count)
            return body(Int32(cells.count), values, lengths, formats)
        }
    }
}
