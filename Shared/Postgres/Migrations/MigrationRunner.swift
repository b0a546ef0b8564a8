public import Logging

/// Applies migrations, each once, in order, also when several runners start at the same moment.
public struct MigrationRunner: Sendable {
    /// The NOLOGIN role that owns everything; migrations run as it once it exists.
    public static let ownerRole = "handrail_owner"

    let settings: ConnectionSettings
    let reactor: Reactor
    private let logger: Logger

    /// - Parameter settings: the migrator's login, which may create roles and act as the owner role.
    public init(_ settings: ConnectionSettings, reactor: Reactor, logger: Logger) {
        self.settings = settings
        self.reactor = reactor
        self.logger = logger
    }

    /// Applies what is missing of these sets, one set after the other.
    ///
    /// - Returns: the names that were applied.
    /// - Throws: ``MigrationError`` where the record and the files disagree; ``PostgresError``.
    public func run(_ sets: [MigrationSet]) async throws -> [String] {
        let connection = try await Connection.open(settings, on: reactor)
        do {
            let applied = try await run(sets, on: connection)
            connection.close()
            return applied
        } catch {
            connection.close()
            throw error
        }
    }

    private func run(_ sets: [MigrationSet], on connection: Connection) async throws -> [String] {
        try await takeLock(connection)
        try await connection.runScript(Self.createRecord)
        var names: [String] = []
        for set in sets {
            let missing = try set.missing(after: try await applied(in: set, on: connection))
            for migration in missing {
                try await applyWithRetry(migration, of: set, on: connection)
                logger.info("migration applied", metadata: ["set": "\(set.name)", "migration": "\(migration.name)"])
                names.append("\(set.name)/\(migration.name)")
            }
        }
        return names
    }

    /// Polled, never waited for: a session that waits for a lock holds a snapshot, and `create index concurrently` in
    /// the other runner would wait for that.
    private func takeLock(_ connection: Connection) async throws {
        while true {
            let rows = try await connection.run([Step(Self.tryLock, Bindings())])
            if let row = rows[0].first, try row.decode(Bool.self) { return }
            logger.info("another migration is running; waiting")
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func applied(
        in set: MigrationSet, on connection: Connection
    ) async throws(PostgresError) -> [AppliedMigration] {
        let rows = try await connection.run([Step(Self.listApplied, Bindings(set.name))])[0]
        var applied: [AppliedMigration] = []
        for row in rows {
            let (version, name, checksum) = try row.decode((Int, String, String).self)
            applied.append(AppliedMigration(version: version, name: name, checksum: checksum))
        }
        return applied
    }

    /// A migration that cannot get its locks in two seconds steps back, so that the queue behind it can pass.
    private func applyWithRetry(
        _ migration: Migration, of set: MigrationSet, on connection: Connection
    ) async throws {
        var attempts = 1
        while true {
            do {
                return try await apply(migration, of: set, on: connection)
            } catch {
                guard error.isRetryable, attempts < 30 else { throw error }
                attempts += 1
            }
            logger.warning("migration waits for locks", metadata: ["migration": "\(migration.name)"])
            try await Task.sleep(for: .milliseconds(Int.random(in: 200...1000)))
        }
    }

    private func apply(
        _ migration: Migration, of set: MigrationSet, on connection: Connection
    ) async throws(PostgresError) {
        let record = Step(Self.record, Bindings(set.name, migration.version, migration.name, migration.checksum))
        if migration.runsWithoutTransaction {
            try await connection.runScript(migration.sql)
            _ = try await connection.run([record])
            return
        }
        let role = migration.runsAsMigrator ? "" : "set local role \(Self.ownerRole);"
        do {
            try await connection.runScript("begin; set local lock_timeout = '2s'; \(role)")
            try await connection.runScript(migration.sql)
            try await connection.runScript("reset role")
            _ = try await connection.run([record])
            try await connection.runScript("commit")
        } catch {
            try await connection.runScript("rollback")
            throw error
        }
    }

    private static let createRecord = """
        create schema if not exists handrail;
        create table if not exists handrail.migration (
            set_name   text        not null,
            version    integer     not null,
            name       text        not null,
            checksum   text        not null,
            applied_at timestamptz not null default clock_timestamp(),
            primary key (set_name, version)
        )
        """

    private static let tryLock = Statement(
        "migration.try_lock", "select pg_try_advisory_lock(hashtextextended('handrail.migration', 0))")

    private static let listApplied = Statement(
        "migration.list", "select version, name, checksum from handrail.migration where set_name = $1 order by version")

    private static let record = Statement(
        "migration.record",
        "insert into handrail.migration (set_name, version, name, checksum) values ($1, $2, $3, $4)")
}

/// One line of the record.
struct AppliedMigration: Hashable, Sendable {
    let version: Int
    let name: String
    let checksum: String
}

/// The record in the database and the files of the program do not fit together.
public enum MigrationError: Error, Hashable, CustomStringConvertible {
    /// An applied file has been changed since.
    case changed(set: String, name: String)
    /// The files are not numbered 1, 2, 3, …
    case misnumbered(set: String, name: String)

    public var description: String {
        switch self {
        case .changed(let set, let name):
            "\(set)/\(name) was applied, and has been changed since: add a new file instead"
        case .misnumbered(let set, let name): "\(set)/\(name) is not the next number of its set"
        }
    }
}

extension MigrationSet {
    /// The migrations that are not applied yet. A database that is further than this program is accepted: the previous
    /// release runs on the next one's schema.
    func missing(after applied: [AppliedMigration]) throws(MigrationError) -> [Migration] {
        for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
            throw .misnumbered(set: name, name: migration.name)
        }
        let checksums = Dictionary(applied.map { ($0.version, $0.checksum) }, uniquingKeysWith: { first, _ in first })
        for migration in migrations {
            if let checksum = checksums[migration.version], checksum != migration.checksum {
                throw .changed(set: name, name: migration.name)
            }
        }
        return migrations.filter { checksums[$0.version] == nil }
    }
}
