internal import CLibPQ
internal import NIOConcurrencyHelpers

/// What a statement returned. Values are read straight from libpq's memory, without copies.
public struct Rows: Sendable, RandomAccessCollection {
    let result: ResultMemory
    let statement: String
    /// How many rows an insert, update or delete touched, or a select returned.
    public var affected: Int { PQcmdTuples(result.pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    init(_ result: ResultMemory, statement: String) {
        self.result = result
        self.statement = statement
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { Int(PQntuples(result.pointer)) }
    public subscript(position: Int) -> Row { Row(rows: self, index: Int32(position)) }
}

/// One row. Reading it is safe on any thread: the result behind it never changes.
public struct Row: Sendable {
    let rows: Rows
    let index: Int32

    /// All columns by position, as a tuple of the types asked for.
    ///
    /// - Throws: ``PostgresError`` of code `decoding`, naming statement, column and both types.
    @inlinable
    public func decode<each T: PostgresDecodable>(
        _ types: (repeat each T).Type = (repeat each T).self
    ) throws(PostgresError) -> (repeat each T) {
        var column = 0
        func next<V: PostgresDecodable>(_: V.Type) throws(PostgresError) -> V {
            defer { column += 1 }
            return try value(column, as: V.self)
        }
        return (repeat try next((each T).self))
    }

    /// The column of that name.
    ///
    /// - Throws: ``PostgresError`` of code `decoding`, naming statement, column and both types.
    public func column<T: PostgresDecodable>(_ name: String, as _: T.Type = T.self) throws(PostgresError) -> T {
        guard let column = rows.result.column(name) else {
            throw PostgresError(.decoding, statement: rows.statement, explanation: "there is no column \(name)")
        }
        return try value(Int(column), as: T.self)
    }

    /// The column at that position, from 0.
    ///
    /// Specialised where it is called: where many rows of many columns are read, asking for the types at run time took a
    /// fifth of the time.
    /// - Throws: ``PostgresError`` of code `decoding`, naming statement, column and both types.
    @inlinable
    public func value<T: PostgresDecodable>(_ column: Int, as _: T.Type = T.self) throws(PostgresError) -> T {
        guard let cell = try cell(column) else {
            if let null = T.postgresNull { return null }
            throw nullRefused(column, "\(T.self)")
        }
        guard let value = T(postgres: cell) else { throw refused(column, cell, T.self) }
        return value
    }

    /// The cell at that position; nil for NULL.
    @usableFromInline
    func cell(_ column: Int) throws(PostgresError) -> Cell? {
        let pointer = rows.result.pointer
        let column = Int32(truncatingIfNeeded: column)
        guard column < PQnfields(pointer) else {
            throw PostgresError(
                .decoding, statement: rows.statement, explanation: "there is no column number \(column + 1)")
        }
        guard PQgetisnull(pointer, index, column) == 0 else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(pointer, index, column), count: Int(PQgetlength(pointer, index, column)))
        return Cell(type: PostgresType(PQftype(pointer, column)), bytes: bytes)
    }

    @usableFromInline
    func nullRefused(_ column: Int, _ type: String) -> PostgresError { mismatch(column, "is NULL, not \(type)") }

    @usableFromInline
    func refused<T: PostgresDecodable>(_ column: Int, _ cell: Cell, _: T.Type) -> PostgresError {
        mismatch(column, cell.refusal(T.self))
    }

    private func mismatch(_ column: Int, _ refusal: String) -> PostgresError {
        let name = PQfname(rows.result.pointer, Int32(truncatingIfNeeded: column)).map { String(cString: $0) }
        return PostgresError(
            .decoding, statement: rows.statement, explanation: "column \(name ?? "\(column + 1)") \(refusal)")
    }
}

/// Owns one `PGresult`.
final class ResultMemory: @unchecked Sendable {
    // SAFETY: libpq never changes a finished result; all access is reading, and the last owner clears it.
    let pointer: OpaquePointer
    private let columns = NIOLockedValueBox<[String: Int32]?>(nil)

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    /// Where the column of that name is; looked up once for all rows, because libpq compares name by name each time.
    func column(_ name: String) -> Int32? {
        columns.withLockedValue { columns in
            if let columns { return columns[name] }
            var found: [String: Int32] = [:]
            for index in (0..<PQnfields(pointer)).reversed() {
                if let name = PQfname(pointer, index) { found[String(cString: name)] = index }
            }
            columns = found
            return found[name]
        }
    }

    deinit { PQclear(pointer) }

    func errorField(_ field: Int32) -> String? {
        PQresultErrorField(pointer, field).map { String(cString: $0) }
    }

    var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// The error in this result, without anything that may quote data in its safe parts.
    func error(statement: String?) -> PostgresError {
        PostgresError(
            .server, sqlState: errorField(Int32(UInt8(ascii: "C"))), constraint: errorField(Int32(UInt8(ascii: "n"))),
            statement: statement, serverMessage: errorField(Int32(UInt8(ascii: "M"))))
    }
}
