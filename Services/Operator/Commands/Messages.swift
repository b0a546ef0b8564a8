import ArgumentParser
import FoundationEssentials
import MessageTable
import Postgres

/// `handrail messages`: how the coordination between the services goes, and what to do where it is stuck.
struct Messages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how far the services are behind, and frees messages that are stuck.",
        discussion: """
            Connects as HANDRAIL_REFERRALS_WORKER_DATABASE_URL (rebase: as HANDRAIL_DATABASE_URL). Payloads are never \
            shown.
            """,
        subcommands: [
            Lag.self, Parked.self, Dead.self, Retry.self, Skip.self, Drop.self, Forget.self, Rebase.self,
        ]
    )

    static func withLog<T: Sendable>(_ body: @Sendable (LogOperator) async throws -> T) async throws -> T {
        try await withPool(try OperatorSettings().database("HANDRAIL_REFERRALS_WORKER")) { pool in
            try await body(LogOperator(pool))
        }
    }

    struct Lag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "For each group: ticks and seconds behind, messages parked and dead.")

        func run() async throws {
            for lag in try await Messages.withLog({ try await $0.lag() }) {
                let seconds = (lag.seconds * 10).rounded() / 10
                print("\(lag.group): \(lag.ticks) ticks, \(seconds) s behind; \(lag.parked) parked, \(lag.dead) dead")
            }
        }
    }

    struct Parked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the messages that wait to be tried again.")

        func run() async throws { try await Messages.list(onlyDead: false) }
    }

    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the messages that nobody tries again.")

        func run() async throws { try await Messages.list(onlyDead: true) }
    }

    static func list(onlyDead: Bool) async throws {
        let messages = try await withLog { try await $0.parked(onlyDead: onlyDead, limit: 200) }
        for message in messages {
            let state = message.isDead ? "dead" : "next try \(message.nextAt)"
            print(
                "\(message.group) \(message.id) \(message.topic) key \(message.key): attempt \(message.attempt), "
                    + "\(state): \(message.error)")
        }
        if messages.isEmpty { print("none") }
    }

    struct Which: ParsableArguments {
        @Argument(help: "The group, as `handrail messages parked` lists it.")
        var group: String

        @Argument(help: "The message's number.")
        var id: Int64
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tries a parked or dead message again, now.")
        @OptionGroup var which: Which

        func run() async throws { try await Messages.intervene(.retry, which) }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives one message up; those of its key that wait behind it go on.")
        @OptionGroup var which: Which

        func run() async throws { try await Messages.intervene(.skip, which) }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives one message up, and all of its key that wait behind it.")
        @OptionGroup var which: Which

        func run() async throws { try await Messages.intervene(.drop, which) }
    }

    static func intervene(_ verb: LogOperator.Verb, _ which: Which) async throws {
        let count = try await withLog { log in
            try await log.intervene(verb, group: which.group, id: which.id, by: account)
        }
        guard count > 0 else {
            print("\(which.group) has no parked message \(which.id)")
            throw ExitCode(1)
        }
        print("\(verb.rawValue): \(count) message\(count == 1 ? "" : "s")")
    }

    /// Who is recorded as having intervened.
    static var account: String { ProcessInfo.processInfo.environment["USER"] ?? "unknown" }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forgets a group that has left for good, so that old messages need not be kept for it.",
            discussion: """
                Old messages are dropped only when every known group has handled them. What the group has parked is \
                given up. Should it come back, it begins anew at the oldest message there is.
                """)

        @Argument(help: "The group, as `handrail messages lag` lists it.")
        var group: String

        func run() async throws {
            let parked = try await Messages.withLog { [group] log in
                try await log.forget(group: group, by: Messages.account)
            }
            guard let parked else {
                print("there is no group \(group)")
                throw ExitCode(1)
            }
            print("forgot \(group); \(parked) parked message\(parked == 1 ? "" : "s") given up")
        }
    }

    struct Rebase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes the log over into this cluster, after a restore from a dump.",
            discussion: """
                A dump carries the log's transaction ids along, and in another cluster they mean nothing: no message is \
                handled there until the log was rebased. Run it after pg_restore and before the services start, and \
                also after pg_upgrade. Afterwards each group gets what it had not handled, once and in order, and \
                nothing again that it had handled. Messages are rewritten: with millions of them it takes minutes.

                Connects as HANDRAIL_DATABASE_URL. Refused while a group is active. Not needed after a failover, nor \
                after a base backup was restored.
                """)

        @Flag(help: "Really do it.")
        var yes = false

        func run() async throws {
            guard yes else {
                print("This rewrites the log in this cluster's transaction ids. Stop the services, then add --yes.")
                throw ExitCode(1)
            }
            var settings = try OperatorSettings().migrator()
            settings.statementTimeout = .seconds(3600)
            do {
                let count = try await withPool(settings) { try await LogRebase($0).run() }
                print("rebased; \(count) message\(count == 1 ? "" : "s") rewritten")
            } catch let error as PostgresError where error.sqlState == "55006" {
                print("groups are active: stop the services first")
                throw ExitCode(1)
            }
        }
    }
}
