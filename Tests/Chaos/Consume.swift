import ArgumentParser
import MessageTable
import Models
import Postgres

/// `Chaos consume URL GROUP`: handles messages until it is killed, and fails at one in fifty.
struct Consume: AsyncParsableCommand {
    @Argument(help: "The database, by way of the faulty network.")
    var url: String

    @Argument(help: "The group.")
    var group: String

    private struct Hiccup: Error {}

    func run() async throws {
        let program = try Program(url, name: "chaos consumer")
        let name = group
        var group = ConsumerGroup(name)
        group.on(AssessmentRecorded.self) { event, context in
            try await context.transaction.execute(
                Self.insertHandled, name, context.message.id, event.key, event.version)
            if Int.random(in: 0..<50) == 0 { throw Hiccup() }
        }
        let loops = MessageLoops(
            .init(
                servicePool: program.service, workerPool: program.worker,
                listener: Listener(program.workerSettings, reactor: program.reactor, logger: program.logger),
                groups: [group], clock: .system, ids: .version7(clock: .system), logger: program.logger))
        await loops.run()
    }

    private static let insertHandled = Statement(
        "chaos.handled", "insert into public.handled (grp, id, key, version) values ($1, $2, $3, $4)")
}
