import Logging
import Postgres

/// One pool for the length of a command.
func withPool<T: Sendable>(
    _ settings: ConnectionSettings, _ body: @Sendable (Pool) async throws -> T
) async throws -> T {
    var configuration = Pool.Configuration(settings)
    configuration.maximumConnections = 1
    let pool = Pool(configuration, reactor: Reactor(), logger: .command)
    do {
        let value = try await body(pool)
        await pool.shutDown()
        return value
    } catch {
        await pool.shutDown()
        throw error
    }
}

/// A pool for each login, for the length of a command.
func withPools<T: Sendable>(
    _ settings: [ConnectionSettings], _ body: @Sendable ([Pool]) async throws -> T
) async throws -> T {
    guard let first = settings.first else { return try await body([]) }
    return try await withPool(first) { pool in
        try await withPools(Array(settings.dropFirst())) { others in try await body([pool] + others) }
    }
}

extension Logger {
    /// What happens on the way goes to standard error; results go to standard output.
    static let command: Logger = {
        var logger = Logger(label: "handrail") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        return logger
    }()
}
