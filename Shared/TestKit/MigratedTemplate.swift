internal import Crypto
public import Postgres

extension TestDatabase {
    /// Creates a database with these migrations applied, runs the body, drops it.
    ///
    /// The migrations run once for the cluster, into a template that is then copied (0.2 s) for each test.
    public static func with<T: Sendable>(
        migrations: [MigrationSet], _ body: @Sendable (TestDatabase) async throws -> T
    ) async throws -> T {
        try await with(template: try await MigratedTemplates.shared.name(of: migrations), body)
    }

    /// The same on a cluster of the test's own, for tests that stop and start PostgreSQL.
    ///
    /// - Parameter url: the superuser's.
    public static func with<T: Sendable>(
        on url: String, migrations: [MigrationSet], _ body: @Sendable (TestDatabase) async throws -> T
    ) async throws -> T {
        let cluster = try cluster(url)
        let name = "handrail"
        try await script("create database \(name)", cluster)
        try await migrate(name, migrations, on: cluster)
        return try await body(
            TestDatabase(name: name, superuser: cluster.database(name), reactor: sharedReactor, cluster: url))
    }

    /// Applies the migrations and gives every login the password of the tests.
    fileprivate static func migrate(
        _ name: String, _ sets: [MigrationSet], on cluster: ConnectionSettings
    ) async throws {
        let runner = MigrationRunner(cluster.database(name), reactor: sharedReactor, logger: .silent)
        _ = try await runner.run(sets)
        let pool = Pool(.init(cluster), reactor: sharedReactor, logger: .silent)
        var passwords: [String: String] = [:]
        for row in try await pool.query(logins) { passwords[try row.decode(String.self)] = password }
        await pool.shutDown()
        try await runner.setPasswords(passwords)
    }

    private static let logins = Statement(
        "template.logins",
        """
        select r.rolname
        from pg_roles r
        where r.rolcanlogin and not r.rolsuper and exists (
            select from pg_auth_members m
            join pg_roles g on g.oid = m.roleid
            where m.member = r.oid and g.rolname in ('handrail_service', 'handrail_worker'))
        order by 1
        """)
}

/// The templates this process has made or found. Tests run in parallel, and in several processes.
private actor MigratedTemplates {
    static let shared = MigratedTemplates()

    private var made: [String: Task<Void, any Error>] = [:]

    func name(of sets: [MigrationSet]) async throws -> String {
        let checksums = sets.flatMap(\.migrations).map(\.checksum).joined()
        let digest = SHA256.hash(data: Array(checksums.utf8)).prefix(8).map { String($0, radix: 16) }.joined()
        let name = "template_" + digest
        let task = made[name] ?? Task { try await Self.make(name, sets) }
        made[name] = task
        try await task.value
        return name
    }

    private static func make(_ name: String, _ sets: [MigrationSet]) async throws {
        let cluster = try patientCluster()
        let reactor = TestDatabase.sharedReactor
        let pool = Pool(.init(cluster), reactor: reactor, logger: .silent)
        try await pool.withTransaction { transaction in
            // Held until the template is whole, so that others wait for it; one for all templates, because they
            // change the same roles.
            _ = try await transaction.query(lock)
            guard try await transaction.query(find, name).isEmpty else { return }
            let draft = "draft_" + name
            try await pool.runScript("drop database if exists \(draft)")
            try await pool.runScript("create database \(draft)")
            try await TestDatabase.migrate(draft, sets, on: cluster)
            try await TestDatabase.whenUnused { try await pool.runScript("alter database \(draft) rename to \(name)") }
        }
        await pool.shutDown()
    }

    /// Whoever comes second waits until the first has migrated, however busy the machine is.
    private static func patientCluster() throws -> ConnectionSettings {
        var cluster = try TestDatabase.cluster()
        cluster.lockTimeout = .seconds(600)
        cluster.statementTimeout = .seconds(600)
        cluster.idleInTransactionTimeout = .seconds(600)
        return cluster
    }

    private static let lock = Statement(
        "template.lock", "select pg_advisory_xact_lock(hashtextextended('handrail.template', 0))::text")
    private static let find = Statement("template.find", "select datname from pg_database where datname = $1")
}
