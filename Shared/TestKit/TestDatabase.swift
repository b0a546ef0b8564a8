internal import FoundationEssentials
public import Logging
public import Postgres

/// A database of its own for one test, on the throw-away cluster that `deploy/local/test` starts.
///
/// `HANDRAIL_TEST_DATABASE_URL` is the cluster's superuser. Fixtures and migrations use it; everything else connects as
/// the service's own login, as in life.
public struct TestDatabase: Sendable {
    public let name: String
    /// The superuser's settings for this database: for fixtures and for looking at results.
    public let superuser: ConnectionSettings
    public let reactor: Reactor
    /// The superuser's URL of the cluster that it is on.
    public let cluster: String

    /// One thread for all tests of the process.
    static let sharedReactor = Reactor()

    /// The cluster's URL, or nil where the tests run without one.
    public static var clusterURL: String? {
        ProcessInfo.processInfo.environment["HANDRAIL_TEST_DATABASE_URL"]
    }

    /// Creates an empty database, or a copy of `template`; runs the body; drops the database.
    public static func with<T: Sendable>(
        template: String? = nil, _ body: @Sendable (TestDatabase) async throws -> T
    ) async throws -> T {
        await TestSlots.shared.take()
        defer { TestSlots.shared.giveBack() }
        let (url, cluster) = (clusterURL ?? "", try cluster())
        let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let copy = template.map { " template \($0)" } ?? ""
        try await whenUnused { try await script("create database \(name)\(copy)", cluster) }
        let database = TestDatabase(name: name, superuser: cluster.database(name), reactor: sharedReactor, cluster: url)
        do {
            let value = try await body(database)
            try await script("drop database \(name) with (force)", cluster)
            return value
        } catch {
            try await script("drop database \(name) with (force)", cluster)
            throw error
        }
    }

    static func cluster() throws(PostgresError) -> ConnectionSettings {
        guard let url = clusterURL else {
            throw PostgresError(.misuse, explanation: "HANDRAIL_TEST_DATABASE_URL is not set: run deploy/local/test")
        }
        return try cluster(url)
    }

    static func cluster(_ url: String) throws(PostgresError) -> ConnectionSettings {
        var settings = try ConnectionSettings(url: url, applicationName: "handrail-tests")
        // Tests are about what happens, not how fast: a busy machine must not fail them.
        settings.connectTimeout = .seconds(60)
        return settings
    }

    /// Repeats while the server still counts a session that has just been closed as a user of the database.
    static func whenUnused(_ body: () async throws -> Void) async throws {
        for _ in 0..<200 {
            do {
                return try await body()
            } catch let error as PostgresError where error.sqlState == "55006" {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await body()
    }

    static func script(_ sql: String, _ cluster: ConnectionSettings) async throws {
        var settings = cluster
        // Copying a database waits for a checkpoint, and on a busy machine that takes as long as it takes.
        settings.statementTimeout = .seconds(600)
        settings.lockTimeout = .seconds(600)
        var configuration = Pool.Configuration(settings)
        configuration.leaseTimeout = .seconds(60)
        let pool = Pool(configuration, reactor: sharedReactor, logger: .silent)
        do {
            try await pool.runScript(sql)
            await pool.shutDown()
        } catch {
            await pool.shutDown()
            throw error
        }
    }

    /// A pool of the given login (nil: the superuser), shut down after the body.
    ///
    /// - Parameter configure: changes what is otherwise as usual in tests.
    public func withPool<T: Sendable>(
        login: String? = nil, connections: Int = 4, configure: (inout Pool.Configuration) -> Void = { _ in },
        _ body: @Sendable (Pool) async throws -> T
    ) async throws -> T {
        let settings = login.map { superuser.login($0, password: Self.password) } ?? superuser
        var configuration = Pool.Configuration(settings)
        configuration.maximumConnections = connections
        configuration.leaseTimeout = .seconds(60)
        configure(&configuration)
        let pool = Pool(configuration, reactor: reactor, logger: .silent)
        do {
            let value = try await body(pool)
            await pool.shutDown()
            return value
        } catch {
            await pool.shutDown()
            throw error
        }
    }

    /// The password of every service login on the test cluster.
    public static let password = "test"
}

extension Logger {
    /// A logger that writes nothing.
    public static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
}
