import Foundation
import Postgres
import TestKit
import Testing

@testable import Operator

/// What a service asks of its installation before it starts.
@Suite struct StartTests {
    @Test("without any agency no service starts, and its log says what to do", arguments: InstalledServices.names)
    func noAgency(_ service: String) async throws {
        try await TestDatabase.with(migrations: InstalledServices.migrations) { database in
            try await RunningSuite.with(database, services: []) { suite in
                try await database.withPool { pool in
                    _ = try await pool.query(Statement("test.no_agency", "delete from handrail.agency"))
                }
                let (status, log) = try await suite.runToItsEnd(service)
                #expect(status == 78)
                #expect(log.contains("no agency is configured"))
            }
        }
    }
}
