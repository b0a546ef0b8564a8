import FoundationEssentials
import TestKit
import Testing

@testable import Postgres

/// A database whose encoding is SQL_ASCII holds whatever bytes somebody put there.
@Suite struct InvalidTextTests {
    static let read = Statement("note.read", "select id, body from note")

    /// A database of that encoding with one note that is Latin-1.
    private func with(_ body: @Sendable (ConnectionSettings, Reactor) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let name = "\(database.name)_ascii"
                try await pool.runScript(
                    "create database \(name) encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0")
                let settings = database.superuser.database(name)
                do {
                    try await body(settings, database.reactor)
                    try await pool.runScript("drop database \(name) with (force)")
                } catch {
                    try await pool.runScript("drop database \(name) with (force)")
                    throw error
                }
            }
        }
    }

    static let fill = """
        set client_encoding to 'SQL_ASCII';
        create table note (id int8, body text);
        insert into note (id, body) values (1, E'secret gr\\xfc\\xdfe')
        """

    @Test("bytes that are no UTF-8 are a decoding error that names the column and not the text; the row's rest is read")
    func decoding() async throws {
        try await with { settings, reactor in
            let connection = try await Connection.open(settings, on: reactor)
            // From here on the server no longer looks at what it sends.
            try await connection.runScript(Self.fill)
            let row = try await connection.run([Step(Self.read, Bindings())])[0][0]
            let error = #expect(throws: PostgresError.self) { try row.column("body", as: String.self) }
            #expect(error?.code == .decoding)
            #expect(
                error?.description.contains("note.read: column body is text in a form that String cannot have") == true)
            #expect(error.map { "\($0)\($0.debugDescription)" }?.contains("secret") == false)
            #expect(try row.column("id", as: Int.self) == 1)
            connection.close()
        }
    }

    @Test("the server refuses to send them to a client that reads UTF-8, and the connection goes on")
    func refused() async throws {
        try await with { settings, reactor in
            let filling = try await Connection.open(settings, on: reactor)
            try await filling.runScript(Self.fill)
            filling.close()
            let connection = try await Connection.open(settings, on: reactor)
            let error = await #expect(throws: PostgresError.self) {
                _ = try await connection.run([Step(Self.read, Bindings())])
            }
            #expect(error?.sqlState == "22021")
            let rows = try await connection.run([Step(Statement("test.one", "select 1"), Bindings())])
            #expect(try rows[0][0].decode(Int.self) == 1)
            connection.close()
        }
    }
}
