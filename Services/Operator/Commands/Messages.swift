import ArgumentParser
import FoundationEssentials
import MessageTable
import Models
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
            Lag.self, Parked.self, Dead.self, Retry.self, Skip.self, Drop.self, Partners.self, Deliveries.self,
            Resend.self, Withdraw.self, Forget.self, Rebase.self,
        ]
    )

    static func withLog<T: Sendable>(_ body: @Sendable (LogOperator) async throws -> T) async throws -> T {
        try await withPool(try OperatorSettings().database("HANDRAIL_REFERRALS_WORKER")) { pool in
            try await body(LogOperator(pool))
        }
    }

    struct Lag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "For each group: how far it is behind, messages parked and dead; and how the log itself is.")

        func run() async throws {
            let (lags, pulse) = try await Messages.withLog { log in
                (try await log.lag(), try await log.pulse(at: WallClock.system.now()))
            }
            for lag in lags {
                let more = lag.messages >= LogOperator.Lag.mostMessages ? " or more" : ""
                print(
                    "\(lag.group): \(lag.messages)\(more) messages, \(lag.ticks) ticks, \(seconds(lag.seconds)) behind; "
                        + "\(lag.parked) parked, \(lag.dead) dead")
            }
            let waits = pulse.unticked > 0 ? ", a message waits for the next for \(seconds(pulse.unticked))" : ""
            print("log: last tick \(seconds(pulse.tickAge)) ago\(waits); \(pulse.overdue) scheduled overdue")
            let age = pulse.oldestTransaction.map(seconds) ?? "unknown (see deploy/postgres)"
            print("oldest transaction of the database: \(age)")
        }

        private func seconds(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10) s" }
    }

    struct Partners: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the partners with deliveries that wait or were given up, and which are paused.",
            discussion: """
                A partner that fails is paused, for longer each time: 1 minute, 5, 30, 2 hours, 12 hours. Then its first \
                delivery is tried; once that succeeds the others follow in their order. A delivery that has failed six \
                times is dead, and the next one is tried.
                """)

        func run() async throws {
            let queues = try await Messages.withLog {
                try await $0.partnerQueues(at: WallClock.system.now(), limit: 200)
            }
            for queue in queues {
                var line = "\(queue.partner): \(queue.waiting) waiting"
                if let oldest = queue.oldestAt { line += " since \(oldest)" }
                if let until = queue.pausedUntil { line += ", paused until \(until)" }
                if let error = queue.error {
                    line += ", \(queue.failures) failure\(queue.failures == 1 ? "" : "s"): \(error)"
                }
                print("\(line); \(queue.dead) dead (agency \(queue.agencyID))")
            }
            if queues.isEmpty { print("none") }
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
            abstract: "Gives one message up; those of its key that wait behind it go on.",
            discussion: "What a participant decided (consents, restrictions) cannot be given up, only tried again.")
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
