// From the settings to the first server that takes the connection.
extension Connection {
    /// Opens a connection to the first of the settings' servers that takes it, within the settings' time limits.
    static func open(_ settings: ConnectionSettings, on reactor: Reactor) async throws(PostgresError) -> Connection {
        let start = ContinuousClock.now
        let arguments = try await arguments(settings, from: start, reactor.names)
        var attempts = ConnectionAttempts(
            arguments, until: start + settings.connectTimeout, share: settings.perHostTimeout)
        while let attempt = attempts.next(at: .now) {
            do {
                return try await open(attempt.arguments, by: attempt.deadline, settings, on: reactor)
            } catch {
                attempts.failed(error)
            }
        }
        throw attempts.error
    }

    /// libpq's arguments for each address of each server. All names are looked up at the same moment.
    private static func arguments(
        _ settings: ConnectionSettings, from start: ContinuousClock.Instant, _ resolver: NameResolver
    ) async throws(PostgresError) -> [[String: String]] {
        guard let hosts = ServerHosts(settings.arguments) else { return [settings.arguments] }
        // A name that nobody answers for must leave time for connecting, and to the servers of the other names.
        let half = settings.connectTimeout / 2
        let deadline = start + (hosts.count > 1 ? min(half, settings.perHostTimeout) : half)
        let addresses = await withTaskGroup(of: (String, [String]?).self) { group in
            for name in hosts.names { group.addTask { (name, await resolver.addresses(of: name, by: deadline)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let attempts = hosts.attempts(addresses)
        guard !attempts.isEmpty else {
            throw PostgresError(.cannotConnect, explanation: "the server's name could not be resolved")
        }
        return attempts
    }
}
