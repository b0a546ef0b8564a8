import HTTPTypes
import HummingbirdTesting
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

/// A request that takes too long: its caller has gone, so its work must not go on.
@Suite struct TimeLimitTests {
    private static let sleep = Statement("test.sleep", "select pg_sleep(300)")
    private static let running = Statement(
        "test.running",
        """
        select count(*)
        from pg_stat_activity
        where datname = current_database() and query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()
        """)

    @Test("when a request's time is over it is answered 503, and its statement is stopped on the server")
    func stopped() async throws {
        try await PlatformFixture.withService { database, pool in
            let services = Database(pool: pool, workers: pool)
            var routes = Routes()
            routes.add(Route(.get, "/v1/slow", "slow", "", access: .roles(.coordinator), discloses: [])) { _, context in
                try await services.transaction(context) { _ = try await $0.query(Self.sleep) }
                return .noContent
            }
            try await withAPI(routes, timeLimit: .milliseconds(300)) { client in
                let answer = try await client.send(.get, "/v1/slow")
                #expect(answer.status.code == 503)
                #expect(answer.headers[.retryAfter] != nil)
                #expect(try answer.problem().type.hasSuffix("unavailable"))
            }
            try await database.withPool { watcher in
                while try await watcher.query(Self.running)[0].decode(Int.self) > 0 { await Task.yield() }
            }
        }
    }
}
