import ArgumentParser
import Models

/// `handrail demo`: a synthetic agency to look at.
struct LoadDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Makes the demo agency: three hospitals, forty peers, two of them on call.",
        discussion: """
            Needs the running services and the local issuer, so it runs only where HANDRAIL_ENV=local. Safe to repeat: \
            an agency that has peers is left as it is.
            """
    )

    func run() async throws {
        let settings = OperatorSettings()
        let demo = DemoAgency(
            addresses: SuiteAddresses(settings), issuer: try await LocalIssuer(settings), caller: Caller(),
            clock: .system)
        try await DemoAgency.register(try settings.migrator())
        let isNew = try await demo.load()
        print("\(DemoAgency.id)  \(isNew ? "made" : "is there already")")
    }
}
