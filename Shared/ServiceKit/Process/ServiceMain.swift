/// The entry point of every service process.
///
///     @main enum PeerMatching {
///         static func main() async { await ServiceMain.run("peer-matching", build: build) }
///     }
///
/// Without arguments it runs the service until SIGTERM or SIGINT; `health` asks the operator's port of the process
/// beside it and exits 0 when ready, for container health checks; `settings` prints the settings it reads.
///
/// Exit codes: 0 stopped as asked, 64 wrong arguments, 69 a dependency or listener failed, 78 wrong settings.
public enum ServiceMain {
    /// Runs the service `name`; returns only when it has stopped.
    public static func run(
        _ name: String,
        build: @escaping @Sendable (ServiceEnvironment) async throws -> ServiceDefinition
    ) async {
    }
}
