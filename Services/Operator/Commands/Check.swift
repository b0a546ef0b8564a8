import ArgumentParser
import Postgres
import ServiceKit

/// `handrail check`: whether every service's configuration is complete, every login can connect, and the schema is
/// this release's.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks the configuration and the connections of all services.",
        discussion: """
            Reads the settings of every service as the service itself does at its start, and connects as each of its \
            logins. Prints a line for each, and one for each mistake, which names the setting and never shows a value; \
            exits with 1 if anything is not well.
            """
    )

    func run() async throws {
        let settings = OperatorSettings()
        var isWell = true
        func say(_ subject: String, _ mistakes: [String]) {
            if mistakes.isEmpty { print("ok     \(subject)") }
            for mistake in mistakes { print("FAILED \(subject): \(mistake)") }
            isWell = isWell && mistakes.isEmpty
        }
        for service in InstalledServices.names {
            say("\(service) settings", try Self.mistakes(of: service, settings))
        }
        let logins = InstalledServices.names.flatMap(InstalledServices.logins)
        // All at once: each that cannot connect takes as long as its pool tries.
        let verdicts = await withTaskGroup(of: (String, String?).self) { group in
            for (login, prefix) in logins {
                group.addTask { (login, await Self.verdict(of: login, prefix, settings)) }
            }
            return await group.reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
        }
        for (login, _) in logins { say(login, verdicts[login].map { [$0] } ?? []) }
        if !isWell { throw ExitCode(1) }
    }

    /// Everything that the service would refuse to start with.
    private static func mistakes(of service: String, _ settings: OperatorSettings) throws -> [String] {
        do {
            _ = try ServiceSettings.read(
                service: service, own: InstalledServices.ownSettings(of: service), variables: settings.variables)
            return []
        } catch let mistakes as ServiceSettings.Mistakes {
            return mistakes.sentences
        }
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
