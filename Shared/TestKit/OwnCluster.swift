internal import Foundation

/// A PostgreSQL cluster of one test's own, which the test may stop and start as it likes, and in which nobody else has
/// transactions.
///
/// It is made with the same shell functions as those of `deploy/local`.
public struct OwnCluster: Sendable {
    let folder: String
    let port: Int
    /// The superuser's URL.
    public let url: String

    /// A command that did not do what it should.
    public struct Failed: Error, CustomStringConvertible {
        public let description: String
    }

    /// Makes and starts a cluster, runs the body, and leaves nothing behind.
    public static func with<T: Sendable>(
        _ body: @Sendable (OwnCluster) async throws -> T
    ) async throws -> T {
        let folder = "/var/tmp/handrail-cluster-\(UUID().uuidString.lowercased())"
        do {
            let value = try await body(try await make(folder))
            try await remove(folder)
            return value
        } catch {
            try await remove(folder)
            throw error
        }
    }

    /// A cluster that somebody else has made and started with those functions, and will remove.
    ///
    /// - Parameters:
    ///   - folder: the cluster's.
    ///   - url: the superuser's.
    public init(folder: String, url: String) throws {
        guard let port = URLComponents(string: url)?.port else { throw Failed(description: "the URL names no port") }
        self.init(folder: folder, port: port, url: url)
    }

    init(folder: String, port: Int, url: String) {
        (self.folder, self.port, self.url) = (folder, port, url)
    }

    private static func make(_ folder: String) async throws -> OwnCluster {
        let url = try await shell(
            """
            mkdir -m 711 \(folder)
            cluster_create \(folder)/cluster 'full_page_writes = off' 'max_connections = 200'
            cluster_start \(folder)/cluster
            cluster_url \(folder)/cluster postgres
            """)
        return try OwnCluster(folder: folder + "/cluster", url: url)
    }

    /// How PostgreSQL is stopped.
    public enum StopMode: String, Sendable {
        /// Connections are ended, everything is written.
        case fast
        /// As after a crash: nothing is written, the log is replayed at the next start.
        case immediate
    }

    /// Stops PostgreSQL and waits until it is gone.
    public func stop(_ mode: StopMode) async throws {
        try await Self.shell("cluster_stop \(folder) \(mode.rawValue)")
    }

    /// Starts it again, on the same port, and waits until it takes connections.
    public func start() async throws {
        try await Self.shell(
            "as_postgres pg_ctl -D \(folder)/data -l \(folder)/data/server.log -w -t 60 -s -o '-p \(port)' start")
    }

    /// Whether PostgreSQL runs, be it that it recovers or is about to end.
    public func isRunning() async throws -> Bool {
        let said = try await Self.shell(
            "as_postgres pg_ctl -D \(folder)/data status >/dev/null 2>&1 && echo yes || echo no")
        return said.hasPrefix("yes")
    }

    private static func remove(_ folder: String) async throws {
        try await shell("cluster_stop \(folder)/cluster immediate; rm -rf \(folder)")
    }

    @discardableResult
    static func shell(_ script: String) async throws -> String {
        let library = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/local/lib").path
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        // A server that the script starts must inherit nothing: Foundation takes a process to run for as long as somebody
        // holds the descriptors that it was started with, and a pipe would never end.
        process.arguments = [
            "-euc",
            """
            source \(library)/progress.sh; source \(library)/cluster.sh
            (
                for number in $(ls /proc/self/fd); do ((number < 3)) || eval "exec $number>&-"; done
                \(script)
            )
            """,
        ]
        let path = FileManager.default.temporaryDirectory.appending(path: "said-\(UUID())").path
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let output = FileHandle(forWritingAtPath: path)
        else { throw Failed(description: "\(path) cannot be written") }
        process.standardOutput = output
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        let said = try Data(contentsOf: URL(filePath: path))
        try FileManager.default.removeItem(atPath: path)
        guard process.terminationStatus == 0 else { throw Failed(description: String(decoding: said, as: UTF8.self)) }
        return String(decoding: said, as: UTF8.self)
    }
}
