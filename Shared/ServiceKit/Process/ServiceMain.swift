internal import CoreMetrics
internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Models
internal import Postgres

/// The entry point of every service process.
///
///     @main enum PeerMatching {
///         static func main() async { await ServiceMain.run("peer-matching", build: build) }
///     }
///
/// Without arguments it runs the service until SIGTERM or SIGINT; `health` asks the operator's port of the process
/// beside it and exits 0 when ready, for container health checks; `settings` prints the settings it reads.
///
/// Exit codes: 0 stopped as asked, 1 not ready (`health`), 64 wrong arguments, 69 a dependency or listener failed, 78
/// wrong settings.
public enum ServiceMain {
    enum Exit: Int32 {
        case success = 0
        case notReady = 1
        case wrongArguments = 64
        case unavailable = 69
        case wrongSettings = 78
    }

    /// Runs the service `name`; returns, or exits with another code than 0, only when it has stopped.
    ///
    /// - Parameters:
    ///   - settings: the service's own settings, read beside those of ``ServiceSettings/reference``.
    ///   - build: makes the service from what it is given; what it throws stops the start.
    public static func run(
        _ name: String,
        settings own: [SettingReference] = [],
        build: @escaping @Sendable (ServiceEnvironment) async throws -> ServiceDefinition
    ) async {
        let result: Exit
        switch CommandLine.arguments.dropFirst() {
        case []: result = await serve(name, own, build)
        case ["health"]: result = await probe(name)
        case ["settings"]:
            write(ServiceSettings.markdown(ServiceSettings.reference + own), to: STDOUT_FILENO)
            result = .success
        default:
            write("usage: \(name) [health | settings]\n", to: STDERR_FILENO)
            result = .wrongArguments
        }
        if result != .success { exit(result.rawValue) }
    }

    private static func serve(
        _ name: String,
        _ own: [SettingReference],
        _ build: @escaping @Sendable (ServiceEnvironment) async throws -> ServiceDefinition
    ) async -> Exit {
        let settings: ServiceSettings
        do {
            settings = try ServiceSettings.read(service: name, own: own)
        } catch let mistakes as ServiceSettings.Mistakes {
            for mistake in mistakes.sentences { write("\(name): \(mistake)\n", to: STDERR_FILENO) }
            return .wrongSettings
        } catch {
            write("\(name): the settings cannot be read\n", to: STDERR_FILENO)
            return .wrongSettings
        }
        let level = settings.logLevel
        LoggingSystem.bootstrap { JSONLogHandler(service: name, label: $0, level: level) }
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        return await ServiceProcess(name: name, settings: settings, metrics: metrics).run(build)
    }

    private static func probe(_ name: String) async -> Exit {
        let probe: HealthProbe
        do {
            probe = try ServiceSettings.probe(service: name)
        } catch {
            write("\(name): \(error)\n", to: STDERR_FILENO)
            return .wrongSettings
        }
        return await probe.isReady() ? .success : .notReady
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            written += count
        }
    }
}
