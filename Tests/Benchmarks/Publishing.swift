import ArgumentParser
import FoundationEssentials
import MessageTable
import Models
import Postgres

/// One message, published by one statement: as the worker login, which needs no agency.
struct PublishStatement: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "One message by one statement.")

    @OptionGroup var load: Load

    func run() async throws {
        try await load.run { pool, _, _ in
            let key = UUID(
                version7At: WallClock.system.now(), random: .random(in: .min ... .max), .random(in: .min ... .max))
            _ = try await pool.query(
                BusinessTransaction.insertMessage, BusinessTransaction.topic, key.uuidString,
                BusinessTransaction.agencyID, BusinessTransaction.payload)
        }
    }
}

/// A row and the event that tells of it, by `publish`, in one transaction.
struct PublishTransaction: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish-transaction", abstract: "A row and its event in one transaction.")

    @Flag(help: "Wait for the row before the event.")
    var unpipelined = false

    @OptionGroup var load: Load

    func run() async throws {
        let waits = unpipelined
        let agency = AgencyID(rawValue: BusinessTransaction.agencyID)
        try await load.run { pool, task, number in
            let event = AssessmentRecorded.example(at: WallClock.system.now())
            try await pool.transaction(for: agency) { transaction in
                transaction.enqueue(
                    BusinessTransaction.insertRow, event.assessmentID.rawValue, Int64(number), "requested",
                    SingleStatement.note)
                if waits { try await transaction.flush() }
                try transaction.publish(event, agency: agency, headers: .none)
                if waits { try await transaction.flush() }
            }
        }
    }
}

extension AssessmentRecorded {
    /// An event of an aggregate of its own. `answeredAt` is when it was made, so that its travel can be timed.
    static func example(at instant: Instant) -> AssessmentRecorded {
        AssessmentRecorded(
            assessmentID: IDSource.version7(clock: .system).new(),
            participantID: IDSource.version7(clock: .system).new(),
            version: 1, instrument: "barc-10", answeredAt: instant)
    }
}
