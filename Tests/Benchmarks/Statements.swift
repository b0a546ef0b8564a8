import ArgumentParser
import FoundationEssentials
import Models
import Postgres

/// One statement, each as its own transaction.
struct SingleStatement: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement", abstract: "One statement, each as its own transaction.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case insert, select
    }

    @Argument(help: "insert or select")
    var kind: Kind

    @Flag(help: "Share batches with the other tasks, instead of leasing a connection.")
    var batched = false

    @OptionGroup var load: Load

    func run() async throws {
        let batched = batched
        switch kind {
        case .insert:
            try await load.run { pool, task, number in
                if batched {
                    _ = try await pool.batch(Self.insert, Int64(task), Int64(number), "requested", Self.note)
                } else {
                    _ = try await pool.query(Self.insert, Int64(task), Int64(number), "requested", Self.note)
                }
            }
        case .select:
            try await load.run { pool, _, _ in
                let id = Int64.random(in: 1...100_000)
                guard let row = try await pool.query(Self.select, id).first else { throw NothingFound() }
                _ = try row.decode((Int64, Int64, Int64, String, String).self)
            }
        }
    }

    struct NothingFound: Error {}

    static let note = String(repeating: "n", count: 100)

    static let insert = Statement(
        "bench.insert",
        "insert into bench.entry (task, number, status, note) values ($1, $2, $3, $4)")

    static let select = Statement(
        "bench.select",
        "select entry_id, task, number, status, note from bench.page where entry_id = $1")
}

/// A business transaction: a row, its audit row and its message.
struct BusinessTransaction: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transaction", abstract: "A row, its audit row and its message in one transaction.")

    @Flag(help: "Wait for each statement before the next one.")
    var unpipelined = false

    @OptionGroup var load: Load

    func run() async throws {
        let waits = unpipelined
        try await load.run { pool, task, number in
            let settings = LocalSettings([("handrail.agency_id", Self.agency)])
            let id = UUID(
                version7At: WallClock.system.now(), random: .random(in: .min ... .max), .random(in: .min ... .max))
            try await pool.withTransaction(settings) { transaction in
                if waits {
                    try await transaction.execute(Self.insertRow, id, Int64(number), "requested", SingleStatement.note)
                    try await transaction.execute(Self.insertAudit, id, "create", "bench-\(task)")
                    try await transaction.execute(
                        Self.insertMessage, Self.topic, id.uuidString, Self.agencyID, Self.payload)
                } else {
                    transaction.enqueue(Self.insertRow, id, Int64(number), "requested", SingleStatement.note)
                    transaction.enqueue(Self.insertAudit, id, "create", "bench-\(task)")
                    transaction.enqueue(Self.insertMessage, Self.topic, id.uuidString, Self.agencyID, Self.payload)
                }
            }
        }
    }

    static let agency = "00000000-0000-7000-8000-00000000a6e5"
    static let agencyID = UUID(uuidString: agency) ?? UUID()
    static let topic = "assessment.recorded.v1"
    static let payload = JSONB(Array(#"{"assessmentID":"00000000-0000-7000-8000-000000000001","version":1}"#.utf8))

    static let insertRow = Statement(
        "bench.row", "insert into bench.business (business_id, number, status, note) values ($1, $2, $3, $4)")
    static let insertAudit = Statement(
        "bench.audit", "insert into bench.audit (business_id, action, subject) values ($1, $2, $3)")
    static let insertMessage = Statement(
        "bench.message",
        "insert into message_table.message (topic, key, agency_id, payload) values ($1, $2, $3, $4)")
}
