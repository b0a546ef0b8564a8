import FoundationEssentials
import Glibc
import Logging
import Models
import Postgres
import TestKit

/// One of the programs under test: its connections, all by way of the faulty network.
struct Program: Sendable {
    static let agency = AgencyID(rawValue: UUID())

    let service: Pool
    let worker: Pool
    let workerSettings: ConnectionSettings
    let reactor: Reactor
    let logger: Logger

    /// - Parameter url: of the database, with the proxy's port.
    init(_ url: String, name: String) throws {
        let settings = try ConnectionSettings(url: url, applicationName: name)
        reactor = Reactor()
        var logger = Logger(label: name) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        self.logger = logger
        workerSettings = settings.login("outcomes_worker", password: TestDatabase.password)
        let login = settings.login("outcomes", password: TestDatabase.password)
        service = Pool(.init(login), reactor: reactor, logger: logger)
        worker = Pool(.init(workerSettings), reactor: reactor, logger: logger)
        Self.endWithParent()
    }

    /// Whoever ends the conductor ends all: its processes have process groups of their own.
    private static func endWithParent() {
        let parent = getppid()
        Task {
            while getppid() == parent { try await Task.sleep(for: .seconds(1)) }
            _exit(1)
        }
    }
}
