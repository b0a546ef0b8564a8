import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import Operator

/// The main journey on the real executables and a real PostgreSQL.
@Suite(.serialized) struct JourneyTests {
    static let stuck = Statement(
        "test.stuck", "select count(*) from message_table.parked")
    static let cutAll = Statement(
        "test.cut",
        """
        select count(pg_terminate_backend(pid))
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
        """)

    @Test("a referral goes from the hospital's POST to a completed Task with a contact and a score on record")
    func whole() async throws {
        let steps = NIOLockedValueBox<[String]>([])
        try await RunningSuite.with { suite in
            let journey = try await suite.journey { who, what in steps.withLockedValue { $0.append("\(who): \(what)") }
            }
            try await journey.play()
            let parked = try await suite.database.withPool { pool in
                try await pool.query(Self.stuck)[0].decode(Int.self)
            }
            #expect(parked == 0)
            for service in InstalledServices.names { #expect(suite.terminate(service) == 0, "\(service)") }
            let logs = try suite.logs()
            for secret in ["Journey", "Robin", "555 010", "5550100199"] {
                #expect(!logs.contains(secret), "a log shows \(secret)")
            }
        }
        #expect(steps.withLockedValue { $0.last }?.hasPrefix("outcomes: counts") == true)
    }

    @Test("a service killed after each step, and started again, loses nothing", arguments: InstalledServices.names)
    func killed(_ service: String) async throws {
        try await RunningSuite.with { suite in
            let journey = try await suite.journey { _, _ in
                suite.kill(service)
                try await suite.start(service)
            }
            try await journey.play()
        }
    }

    @Test("connections to PostgreSQL that break after each step lose nothing")
    func cut() async throws {
        try await RunningSuite.with { suite in
            let journey = try await suite.journey { _, _ in
                _ = try await suite.database.withPool { pool in
                    try await pool.query(Self.cutAll)[0].decode(Int.self)
                }
            }
            try await journey.play()
        }
    }
}
