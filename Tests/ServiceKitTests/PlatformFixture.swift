import FoundationEssentials
import Logging
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit

/// A service schema as the platform's functions make it, with one table of its own, on a database of its own.
enum PlatformFixture {
    static let service = MigrationSet(
        "matching",
        [
            Migration(
                "V0001_create_matching_schema",
                Array(
                    """
                    select handrail.create_service_schema('matching', 'peer_matching');
                    create table matching.note (
                        agency_id uuid not null,
                        note_id uuid not null,
                        text text not null,
                        constraint note_pkey primary key (agency_id, note_id)
                    );
                    select handrail.protect_table('matching.note', 'peer_matching', 'select, insert, update (text)');
                    """.utf8
                )
            )
        ]
    )

    static let all = [PlatformMigrations.all, MessageTableMigrations.all, service]

    static func with(_ body: @Sendable (TestDatabase) async throws -> Void) async throws {
        try await TestDatabase.with(migrations: all, body)
    }

    /// The service's own login, as in life.
    static func withService(
        _ body: @Sendable (TestDatabase, Pool) async throws -> Void
    ) async throws {
        try await with { database in
            try await database.withPool(login: "peer_matching") { pool in try await body(database, pool) }
        }
    }
}

extension TestDatabase {
    /// What the superuser sees: one text for each row.
    func texts(_ statement: Statement) async throws -> [String] {
        try await withPool { pool in
            try await pool.query(statement).map { try $0.decode(String.self) }
        }
    }
}
