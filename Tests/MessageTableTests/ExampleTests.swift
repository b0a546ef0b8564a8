import Foundation
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import ServiceKit
import TestKit
import Testing

/// The module's example does what it says, and is what the documentation shows.
@Suite struct ExampleTests {
    private struct Example: Sendable {
        let pool: Pool
        let workers: Pool
        let listener: Listener
        let logger: Logger
        let post: @Sendable (DeliveryAttempt) async -> Bool

        // example: publish
        static let insertAnswer = Statement("answer.insert", "insert into public.answer (id) values ($1)")

        func answer(_ event: AssessmentRecorded, agency: AgencyID) async throws {
            try await pool.transaction(for: agency) { transaction in
                try await transaction.execute(Self.insertAnswer, event.assessmentID)
                try transaction.publish(event, agency: agency, headers: .none)
            }
        }
        // end

        // example: handle
        static let insertScore = Statement(
            "score.insert", "insert into public.score (id, version) values ($1, $2)")

        func loops() -> MessageLoops {
            var group = ConsumerGroup("scores")
            group.on(AssessmentRecorded.self) { event, context in
                try await context.transaction.execute(Self.insertScore, event.assessmentID, event.version)
                context.transaction.deliver(
                    Delivery(
                        id: event.assessmentID.rawValue, partner: "hospital", kind: "scored", subjectID: nil,
                        payload: JSONB(Array("{}".utf8)), idempotencyKey: event.key, notBefore: context.now),
                    agency: context.agencyID)
            }
            return MessageLoops(
                .init(
                    servicePool: pool, workerPool: workers, listener: listener, groups: [group],
                    send: { attempt in await post(attempt) ? .sent : .failed("no answer") },
                    clock: .system, ids: .version7(clock: .system), logger: logger))
        }
        // end
    }

    @Test("what is published with an answer is scored once, and the hospital is told")
    func runs() async throws {
        let told = NIOLockedValueBox<[String]>([])
        let done = Statement(
            "test.done",
            """
            select (select count(*) from public.answer) = 1 and (select count(*) from public.score) = 1
                and (select count(*) from message_table.delivery where state = 'sent') = 1
            """)
        try await LogFixture.with { log in
            try await log.observer.runScript(
                """
                create table public.answer (id uuid primary key);
                create table public.score (id uuid, version integer, primary key (id, version));
                grant insert on public.answer, public.score to outcomes
                """)
            let example = Example(
                pool: log.service, workers: log.worker,
                listener: Listener(
                    log.database.superuser.login("outcomes_worker", password: TestDatabase.password),
                    reactor: log.database.reactor, logger: .silent),
                logger: .silent,
                post: { attempt in
                    told.withLockedValue { $0.append(attempt.partner) }
                    return true
                })
            try await example.answer(LogFixture.event(), agency: LogFixture.agency)
            try await log.running(example.loops()) { try await log.eventually(done) }
        }
        #expect(told.withLockedValue { $0 } == ["hospital"])
    }

    @Test("the documentation shows the example that runs here", arguments: ["publish", "handle"])
    func shown(_ name: String) throws {
        let file = URL(filePath: #filePath)
        let page = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Shared/MessageTable/MessageTable.docc/MessageTable.md")
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        let begin = try #require(lines.firstIndex { $0.hasSuffix("// example: \(name)") })
        let end = try #require(lines[begin...].firstIndex { $0.hasSuffix("// end") })
        let example = lines[(begin + 1)..<end].map { $0.hasPrefix("        ") ? String($0.dropFirst(8)) : $0 }
        #expect(example.count > 5)
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains("```swift\n" + example.joined(separator: "\n") + "\n```"))
    }
}
