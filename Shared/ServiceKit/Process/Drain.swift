internal import Logging
internal import Models
internal import Postgres
internal import ServiceLifecycle

/// Told first when the process is to stop: not ready from then on, and a pause in which load balancers notice it.
struct Drain: Service {
    let health: Health
    let pause: Duration
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        health.drain()
        logger.info("draining", metadata: ["pause_ms": "\(pause.microseconds / 1000)"])
        try await Task.sleep(for: pause)
    }
}

/// Told last: closes the pools when nothing uses them any more.
struct PoolCloser: Service {
    let database: Database
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        await database.pool.shutDown()
        await database.workers.shutDown()
        logger.info("pools closed")
    }
}
