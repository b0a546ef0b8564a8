import FoundationEssentials
import Logging
import MessageTable
import Models
import Postgres

/// A process that consumes until it is killed, for the tests that kill it.
///
/// Arguments: the cluster's URL, the database, the group. It counts what it handles in the test's own table, and its
/// handler fails now and then.
@main
enum MessageTableConsumer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let settings = try ConnectionSettings(url: arguments[1], applicationName: "consumer").database(arguments[2])
        let reactor = Reactor()
        let logger = Logger(label: "consumer") { _ in SwiftLogNoOpLogHandler() }
        let pool = Pool(.init(settings.login("outcomes", password: "test")), reactor: reactor, logger: logger)
        let workerSettings = settings.login("outcomes_worker", password: "test")
        let workers = Pool(.init(workerSettings), reactor: reactor, logger: logger)
        let loops = MessageLoops(
            .init(
                servicePool: pool, workerPool: workers,
                listener: Listener(workerSettings, reactor: reactor, logger: logger), groups: [group(arguments[3])],
                clock: .system, ids: .version7(clock: .system), logger: logger))
        await loops.run()
    }

    static func group(_ name: String) -> ConsumerGroup {
        struct Hiccup: Error {}
        var group = ConsumerGroup(name)
        group.on(AssessmentRecorded.self) { event, context in
            try await context.transaction.execute(Self.count, name, context.message.id, event.key, event.version)
            if Int.random(in: 0..<50) == 0 { throw Hiccup() }
        }
        return group
    }

    static let count = Statement(
        "test.count", "insert into public.handled (grp, id, key, version) values ($1, $2, $3, $4)")
}
