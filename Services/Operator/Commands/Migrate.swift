import ArgumentParser
import Logging
import Postgres

/// `handrail migrate`: brings the schema to this release, and sets the services' passwords.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the database's schema to this release.",
        discussion: """
            Connects as HANDRAIL_DATABASE_URL (password from HANDRAIL_DATABASE_PASSWORD_FILE), a login that may create \
            roles. Safe to run twice, and twice at once. Where HANDRAIL_<SERVICE>_DATABASE_PASSWORD_FILE and \
            HANDRAIL_<SERVICE>_WORKER_DATABASE_PASSWORD_FILE name files, the services' logins get those passwords.
            """
    )

    func run() async throws {
        let settings = OperatorSettings()
        let runner = MigrationRunner(try settings.migrator(), reactor: Reactor(), logger: .command)
        let applied = try await runner.run(InstalledServices.migrations)
        for name in applied { print("applied \(name)") }
        if applied.isEmpty { print("the schema is up to date") }
        let passwords = try Self.passwords(settings)
        try await runner.setPasswords(passwords)
        if !passwords.isEmpty { print("set the passwords of \(passwords.keys.sorted().joined(separator: ", "))") }
    }

    private static func passwords(_ settings: OperatorSettings) throws -> [String: String] {
        var passwords: [String: String] = [:]
        for (login, prefix) in InstalledServices.names.flatMap(InstalledServices.logins) {
            passwords[login] = try settings.secret("\(prefix)_DATABASE_PASSWORD_FILE")
        }
        return passwords
    }
}
