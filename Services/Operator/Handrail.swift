import ArgumentParser

/// The operator's command.
@main
struct Handrail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handrail",
        abstract: "Prepares, checks and looks after a Handrail installation.",
        discussion: """
            Settings come from the environment, as for the services; secrets come from files that variables ending in \
            _FILE name.
            """,
        subcommands: [
            Migrate.self, Check.self, Keys.self, Agency.self, Partner.self, Account.self, Token.self, Messages.self,
            Audit.self,
            Demo.self,
            PlayJourney.self,
        ]
    )
}
