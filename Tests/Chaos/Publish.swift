import ArgumentParser
import FoundationEssentials
import Glibc
import MessageTable
import Models
import Postgres

/// `Chaos publish URL LEDGER`: publishes until it is killed.
struct Publish: AsyncParsableCommand {
    @Argument(help: "The database, by way of the faulty network.")
    var url: String

    @Argument(help: "The file that says what was acknowledged.")
    var ledger: String

    func run() async throws {
        let program = try Program(url, name: "chaos publisher")
        let ledger = try Ledger(ledger)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await Publisher(pool: program.service, ledger: ledger).run() } }
        }
    }
}

/// Publishes versions of its own aggregates, one after the other, each once.
///
/// A version is a row of a business table, written in the transaction that publishes it, as in life. Whatever goes wrong,
/// the same version is tried again: should the transaction of which nobody knows the end have been committed, its row is
/// found, and should it still be open, its end is waited for.
private struct Publisher {
    let pool: Pool
    let ledger: Ledger

    private struct Undone: Error {}

    func run() async {
        while true {
            let keys = (0..<20).map { _ in AssessmentID(rawValue: UUID()) }
            for version in 1...25 {
                for key in keys { await publish(key, version) }
            }
        }
    }

    private func publish(_ key: AssessmentID, _ version: Int) async {
        while true {
            do {
                let isNew = try await attempt(key, version)
                ledger.write("\(key) \(version) \(isNew ? "acknowledged" : "found")")
                return await pause(.milliseconds(Int.random(in: 30...150)))
            } catch is Undone {
                // As a request that is refused in the end: nothing of it may stay.
            } catch {
                await pause(.milliseconds(Int.random(in: 50...300)))
            }
        }
    }

    /// - Returns: false when it was there already.
    private func attempt(_ key: AssessmentID, _ version: Int) async throws -> Bool {
        try await pool.transaction(for: Program.agency) { transaction in
            let isNew = try await transaction.execute(Self.insertVersion, "\(key)", version) == 1
            guard isNew else { return false }
            let event = AssessmentRecorded(
                assessmentID: key, participantID: ParticipantID(rawValue: key.rawValue), version: version,
                instrument: "barc-10", answeredAt: Instant(unixSeconds: 0))
            try transaction.publish(event, agency: Program.agency, headers: .none)
            try await transaction.flush()
            if Int.random(in: 0..<10) == 0 { throw Undone() }
            return true
        }
    }

    private func pause(_ duration: Duration) async {
        // Nobody cancels a publisher: it is killed.
        _ = await Task { try await Task.sleep(for: duration) }.result
    }

    private static let insertVersion = Statement(
        "chaos.version",
        "insert into public.aggregate_version (key, version) values ($1, $2) on conflict (key, version) do nothing")
}

/// What a publisher knows to be committed, in a file that outlives it.
final class Ledger: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard descriptor >= 0 else { throw ValidationError("\(path) cannot be written") }
    }

    func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
