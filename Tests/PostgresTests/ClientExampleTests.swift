import Logging
import Postgres
import TestKit
import Testing

/// The client as its users see it: only public declarations, each kind of work once.
@Suite struct ClientExampleTests {
    // Statements are constants beside the code that uses them: their names are in logs and metrics.
    private static let insertContact = Statement(
        "contact.insert", "insert into contact (contact_id, peer) values ($1, $2)")
    private static let insertAudit = Statement("audit.insert", "insert into audit (contact_id) values ($1)")
    private static let recordOnce = Statement(
        "contact.record_once",
        "insert into contact (contact_id, peer) values ($1, $2) on conflict do nothing returning contact_id")
    private static let listContacts = Statement(
        "contact.list", "select contact_id, peer from contact order by contact_id")
    private static let export = Statement("contact.export", "copy contact to stdout with (format csv)")
    private static let importing = BulkInsert("contact.import", into: "contact", columns: "contact_id, peer")

    @Test("transactions, batches, long results and COPY, as the documentation shows them")
    func example() async throws {
        try await TestDatabase.with { database in
            let reactor = Reactor()
            var configuration = Pool.Configuration(database.superuser)
            configuration.minimumConnections = 1
            let pool = Pool(configuration, reactor: reactor, logger: Logger(label: "example"))
            try await pool.runScript(
                "create table contact (contact_id int primary key, peer text); create table audit (contact_id int)")

            // Both statements and the commit leave as one pipeline.
            try await pool.withTransaction { transaction in
                transaction.enqueue(Self.insertContact, Int32(1), "Ana")
                transaction.enqueue(Self.insertAudit, Int32(1))
            }

            // Callers that come at the same moment share one commit.
            let recorded = try await pool.batch(Self.recordOnce, Int32(2), "Ben", ifLost: .repeatIt)
            #expect(recorded.count == 1)
            let again = try await pool.batch(Self.recordOnce, Int32(2), "Ben", ifLost: .repeatIt)
            #expect(again.isEmpty)

            // Many rows, in one statement that row-level security allows.
            let rows = AsyncStream { stream in
                for id in 3...1000 { stream.yield(id) }
                stream.finish()
            }
            let (imported, peers, lines) = try await pool.withTransaction { transaction in
                let imported = try await transaction.insert(rows, by: Self.importing) { id, cells in
                    cells.append(Int32(id))
                    cells.append("peer \(id)")
                }
                // Row by row, however many there are.
                var peers: [String] = []
                for try await row in try await transaction.stream(Self.listContacts) {
                    let (id, peer) = try row.decode((Int, String).self)
                    if id <= 2 { peers.append(peer) }
                }
                var lines = 0
                for try await _ in try await transaction.copyOut(Self.export) { lines += 1 }
                return (imported, peers, lines)
            }
            #expect(imported == 998 && peers == ["Ana", "Ben"] && lines == 1000)

            // Whoever has no more time says so; what runs is stopped on the server.
            let slow = Statement("contact.slow", "select pg_sleep(60)")
            let late = await #expect(throws: PostgresError.self) {
                try await pool.query(slow, by: .now + .milliseconds(50))
            }
            #expect(late?.code == .deadlineExceeded)

            // Finishes what is under way, then closes.
            await pool.shutDown()
            reactor.shutdown()
        }
    }
}
