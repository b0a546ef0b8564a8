internal import Logging
internal import Models
internal import Postgres
internal import ServiceLifecycle

/// Removes idempotency keys that are older than a day, once an hour, of all agencies: the work of the worker login.
struct IdempotencyPurge: Service {
    let workers: Pool
    let clock: WallClock
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            // Soon after the start, where a process lives for less than an hour, but not at once.
            var pause = Duration.seconds(.random(in: 1...60))
            while true {
                // Processes that start together do not purge together. Being cancelled ends the sleep, then the loop.
                do { try await Task.sleep(for: pause) } catch { return }
                await purge()
                pause = .seconds(.random(in: 2700...4500))
            }
        }
    }

    func purge() async {
        do {
            _ = try await workers.query(IdempotencyStatements.purge, clock.now() - .seconds(86_400))
        } catch {
            logger.warning("old idempotency keys stay for now", metadata: ["error": "\(error)"])
        }
    }
}
