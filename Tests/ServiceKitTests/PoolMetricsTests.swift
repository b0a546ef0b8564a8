import Postgres
import TestKit
import Testing

@testable import ServiceKit

/// What an operator sees of a service's way to PostgreSQL.
@Suite struct PoolMetricsTests {
    @Test("a pool tells its connections, its waiting, how long statements take, and why connections went")
    func pool() async throws {
        let ping = Statement("test.ping", "select 1")
        let die = Statement("test.die", "select pg_terminate_backend(pg_backend_pid())")
        let registry = PrometheusRegistry()
        PoolMetricsHelp.describe(in: registry)
        try await TestDatabase.with { database in
            var configuration = Pool.Configuration(database.superuser)
            (configuration.name, configuration.metrics) = ("requests", registry)
            let pool = Pool(configuration, reactor: database.reactor, logger: .silent)
            _ = try await pool.query(ping)
            _ = try await pool.batch(ping)
            await #expect(throws: PostgresError.self) { try await pool.query(die) }
            _ = try await pool.query(ping)
            let text = registry.exposition()
            for line in [
                #"postgres_connections{pool="requests",state="idle"} 1"#,
                #"postgres_connections{pool="requests",state="leased"} 0"#,
                #"postgres_connections{pool="requests",state="batch"} 1"#,
                #"postgres_waiters{pool="requests"} 0"#,
                #"postgres_evictions_total{pool="requests",reason="57P01"} 1"#,
                #"postgres_statement_seconds_count{pool="requests",statement="test.ping"} 3"#,
                #"postgres_wait_seconds_count{pool="requests"} 3"#,
                #"postgres_batch_members_count{pool="requests"} 1"#,
                "# HELP postgres_waiters Callers that wait for a connection.",
            ] {
                #expect(text.contains("\(line)\n"), "\(line)")
            }
            await pool.shutDown()
        }
    }
}
