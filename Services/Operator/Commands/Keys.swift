import ArgumentParser
import Models

/// `handrail keys`: the secrets of an installation.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the secrets of an installation.", subcommands: [Make.self])

    /// `handrail keys make`
    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the files with passwords and keys that are not there yet.",
            discussion: """
                Existing files are left as they are: without key-ring.json nobody can read the identities that were \
                encrypted with it, so keep a copy apart from the database's.
                """
        )

        @Argument(help: "The folder; made if it is not there, closed to others.")
        var folder: String

        @Flag(help: "Also a token issuer for trying things out; never in production.")
        var localIssuer = false

        func run() async throws {
            let secrets = try SecretFolder(folder)
            var made = try secrets.makeSecrets(at: WallClock.system.now())
            if localIssuer { made += try secrets.makeLocalIssuer() }
            for name in made { print("made \(name)") }
            if made.isEmpty { print("nothing was missing") }
        }
    }
}
