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
