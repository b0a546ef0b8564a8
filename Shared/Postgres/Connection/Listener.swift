public import Logging

/// Listens to one channel on a connection of its own, and connects again whenever that breaks.
///
/// Notifications can be lost while it reconnects: a listener must also look by itself now and then.
public struct Listener: Sendable {
    private let settings: ConnectionSettings
    private let reactor: Reactor
    private let logger: Logger

    public init(_ settings: ConnectionSettings, reactor: Reactor, logger: Logger) {
        self.settings = settings
        self.reactor = reactor
        self.logger = logger
    }

    /// Runs until the task is cancelled; calls `hear` for each notification, and once after each connecting, because
    /// something may have been missed before.
    /// - Parameter channel: an SQL identifier from the program's text.
    public func run(channel: StaticString, _ hear: @Sendable (_ payload: String?) async -> Void) async {
        var failures = 0
        while !Task.isCancelled {
            do {
                let connection = try await Connection.open(settings, on: reactor)
                let notifications = connection.notifications()
                try await connection.runScript("listen \(channel)")
                failures = 0
                await hear(nil)
                for await notification in notifications { await hear(notification.payload) }
                connection.close()
            } catch {
                failures += 1
                logger.warning("listening interrupted", metadata: ["error": "\(error)"])
                let pause = Duration.milliseconds(min(2000, 50 << min(failures, 6))) * Double.random(in: 1...1.5)
                // Cancellation ends the sleep early; the loop's condition then ends the listening.
                do { try await Task.sleep(for: pause) } catch { return }
            }
        }
    }
}
