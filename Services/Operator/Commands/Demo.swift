import ArgumentParser
import FoundationEssentials
import Models

/// `handrail demo`: a synthetic agency with a past, to look at.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A synthetic agency with a past, to look at.", subcommands: [Make.self, Export.self],
        defaultSubcommand: Make.self)

    /// `handrail demo make`
    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the demo agency: three hospitals, forty peers, five hundred participants over two years.",
            discussion: """
                Plays the agency's past through the services' public APIs, so it needs them running with \
                HANDRAIL_CLOCK=rehearsal, and the local issuer; only where HANDRAIL_ENV=local. Nothing goes outside, and \
                nothing that was due in that past is left to happen later. The same seed and day give the same past. An \
                agency that is made already is left as it is.
                """
        )

        @Option(help: "The day the past ends before, by the agency's calendar; today without it.")
        var asOf: String?

        @Option(help: "How many participants.")
        var participants = 500

        @Option(help: "How many days the past is long.")
        var days = 730

        @Option(help: "Another seed gives another past.")
        var seed: UInt64 = 1

        @Flag(help: "Only says, by exit code 0 or 1, whether the demo is made.")
        var isMade = false

        func validate() throws {
            if let asOf, CivilDate(asOf) == nil { throw ValidationError("--as-of is a date like 2026-11-22") }
            guard (0...100_000).contains(participants) else { throw ValidationError("--participants: 0 to 100000") }
            guard (1...3660).contains(days) else { throw ValidationError("--days: 1 to 3660") }
        }

        func run() async throws {
            let settings = OperatorSettings()
            let model = try DemoModel.builtIn()
            if isMade {
                let state = try await withPool(try settings.migrator()) { migrator in
                    try await DemoRegistry(model: model, migrator: migrator).state()
                }
                throw state == .complete ? ExitCode.success : ExitCode.failure
            }
            let worker = try settings.database("HANDRAIL_REFERRALS_WORKER")
            let issuer = try await LocalIssuer(settings)
            let addresses = SuiteAddresses(settings)
            let outcome = try await withPool(try settings.migrator()) { migrator in
                let registry = DemoRegistry(model: model, migrator: migrator)
                let days = try await registry.calendar(days, before: asOf.flatMap { CivilDate($0) })
                return try await withPool(worker) { log in
                    let demo = DemoProduction(
                        model: model, days: days, seed: seed, addresses: addresses, issuer: issuer, log: log,
                        registry: registry)
                    return try await demo.make(participants) ? "made" : "is there already"
                }
            }
            print("\(DemoAgency.id)  \(outcome)")
        }
    }

    /// `handrail demo export`
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the demo agency as the APIs show it, a line for each thing.",
            discussion: """
                Ids are replaced by numbers, so that two demos of the same seed, day and size print the same. Nobody in \
                it exists.
                """
        )

        @Option(help: "The day that measures are computed for; today without it.")
        var asOf: String?

        func validate() throws {
            if let asOf, CivilDate(asOf) == nil { throw ValidationError("--as-of is a date like 2026-11-22") }
        }

        func run() async throws {
            let settings = OperatorSettings()
            let tokens = TokenPurse(try await LocalIssuer(settings), agency: DemoAgency.id) { _ in
                throw Journey.Stuck(waitingFor: "a hospital, which nothing here is read by")
            }
            let stage = Stage(
                addresses: SuiteAddresses(settings), agency: DemoAgency.id, caller: Caller(), tokens: tokens)
            let day = asOf.flatMap { CivilDate($0) } ?? WallClock.system.now().dateInUTC
            for line in try await DemoExport(stage: stage, asOf: day).lines() { print(line) }
        }
    }
}
