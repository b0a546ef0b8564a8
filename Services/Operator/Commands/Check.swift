import ArgumentParser
import Postgres

/// `handrail check`: whether every login can connect and the schema is this release's.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks the configuration and the connections of all services.",
        discussion: "Prints one line for each login; exits with 1 if any of them is not well."
    )

    func run() async throws {
        let settings = OperatorSettings()
        var failures = 0
        for (login, prefix) in InstalledServices.names.flatMap(InstalledServices.logins) {
            let verdict = await Self.verdict(of: login, prefix, settings)
            print("\(verdict == nil ? "ok    " : "FAILED") \(login)\(verdict.map { ": \($0)" } ?? "")")
            if verdict != nil { failures += 1 }
        }
        if failures > 0 { throw ExitCode(1) }
    }

    /// Nil when the login connects as itself and finds the schema; otherwise what is wrong.
    private static func verdict(of login: String, _ prefix: String, _ settings: OperatorSettings) async -> String? {
        do {
            return try await withPool(try settings.database(prefix)) { pool in
                let (user, hasSchema) = try await pool.query(Self.look)[0].decode((String, Bool).self)
                if user != login { return "the URL is of login \(user)" }
                if !hasSchema { return "the schema is missing: run handrail migrate" }
                return nil
            }
        } catch {
            return "\(error)"
        }
    }

    private static let look = Statement(
        "check.look",
        "select current_user::text, to_regclass('message_table.tick') is not null")
}
