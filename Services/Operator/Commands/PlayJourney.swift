import ArgumentParser
import FoundationEssentials
import Models

/// `handrail journey`: one referral from the hospital's POST to the completed Task.
struct PlayJourney: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journey",
        abstract: "Plays the main journey through the public APIs, printing each step and its time.",
        discussion: """
            Takes the part of a hospital, a coordinator and a peer with tokens of the local issuer, so it runs only where \
            HANDRAIL_ENV=local. The services are found at their HANDRAIL_<SERVICE>_LISTEN addresses.
            """
    )

    @Option(help: "The agency's id.")
    var agency: String = DemoAgency.id.description

    func validate() throws {
        if AgencyID(agency) == nil { throw ValidationError("\(agency) is not a UUID") }
    }

    func run() async throws {
        let settings = OperatorSettings()
        guard let agency = AgencyID(agency) else { return }
        let log = JourneyLog()
        let journey = Journey(
            addresses: SuiteAddresses(settings),
            agency: agency, issuer: try await LocalIssuer(settings), caller: Caller(), clock: .system, report: log.say)
        try await journey.play()
    }
}
