/// Puts many rows into one table by COPY in binary form, also where row-level security forbids COPY FROM: they go into a
/// temporary table first, and from there by an ordinary insert, which the policies see.
///
/// ```swift
/// let contacts = BulkInsert("contact.import", into: "scheduling.contact", columns: "agency_id, contact_id, made_at")
/// let count = try await transaction.insert(rows, by: contacts) { row, cells in
///     cells.append(row.agencyID)
///     cells.append(row.contactID)
///     cells.append(row.madeAt)
/// }
/// ```
public struct BulkInsert: Sendable {
    let prepare: Statement
    let copy: Statement
    let insert: Statement

    /// - Parameters:
    ///   - name: in logs and metrics.
    ///   - table: with its schema.
    ///   - columns: separated by commas; all that a row gives, in its order.
    public init(_ name: StaticString, into table: StaticString, columns: StaticString) {
        prepare = Statement(
            name: "\(name).prepare",
            sql: """
                create temporary table bulk_insert on commit drop as
                select \(columns) from \(table) where false
                """)
        copy = Statement(name: "\(name).copy", sql: "copy bulk_insert (\(columns)) from stdin with (format binary)")
        insert = Statement(
            name: "\(name)", sql: "insert into \(table) (\(columns)) select \(columns) from bulk_insert")
    }

    static let clean = Statement("bulk_insert.clean", "drop table bulk_insert")
}

/// One row in COPY's binary form.
public struct CopyCells: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count: Int16 = 0

    /// Adds the next column's value.
    public mutating func append(_ value: some PostgresEncodable) {
        count += 1
        guard !value.isPostgresNull else { return bytes.append(bigEndian: Int32(-1)) }
        let start = bytes.count
        bytes.append(bigEndian: Int32(0))
        value.encode(postgres: &bytes)
        let length = Int32(bytes.count - start - 4).bigEndian
        withUnsafeBytes(of: length) { bytes.replaceSubrange(start..<start + 4, with: $0) }
    }
}

extension Transaction {
    /// Inserts rows as fast as they can be sent; all or none.
    ///
    /// - Parameter write: writes one row's values, in the order of the columns.
    /// - Returns: how many were inserted.
    /// - Throws: what the sequence and `write` throw; ``PostgresError``.
    @discardableResult
    public func insert<Source: AsyncSequence & Sendable>(
        _ rows: Source, by bulk: BulkInsert,
        write: @escaping @Sendable (Source.Element, inout CopyCells) throws -> Void
    ) async throws -> Int {
        try await execute(bulk.prepare)
        try await copyIn(bulk.copy, BinaryCopy(rows: rows, write: write))
        let count = try await execute(bulk.insert)
        enqueue(BulkInsert.clean)
        return count
    }
}

/// COPY's binary file: a header, the rows in pieces of some 64 kB, an end.
private struct BinaryCopy<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable {
    let rows: Source
    let write: @Sendable (Source.Element, inout CopyCells) throws -> Void

    static var pieceSize: Int { 64 * 1024 }
    /// PGCOPY, and four bytes that show when something has changed line ends; no flags, no extension.
    static var header: [UInt8] { Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8) }

    func makeAsyncIterator() -> Iterator {
        Iterator(rows: rows.makeAsyncIterator(), write: write, piece: Self.header)
    }

    struct Iterator: AsyncIteratorProtocol {
        var rows: Source.AsyncIterator
        let write: @Sendable (Source.Element, inout CopyCells) throws -> Void
        var piece: [UInt8]
        var isAtEnd = false

        mutating func next() async throws -> [UInt8]? {
            if isAtEnd { return nil }
            while piece.count < BinaryCopy.pieceSize {
                guard let row = try await rows.next() else {
                    isAtEnd = true
                    piece.append(bigEndian: Int16(-1))
                    break
                }
                var cells = CopyCells()
                try write(row, &cells)
                piece.append(bigEndian: cells.count)
                piece += cells.bytes
            }
            defer { piece = [] }
            return piece
        }
    }
}
