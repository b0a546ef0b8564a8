import FoundationEssentials
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import OutcomesMigrations
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Outcomes

/// A migrated database with two agencies in New York, and the service on it as its own logins.
struct OutcomesFixture: Sendable {
    let database: TestDatabase
    let service: Pool
    let worker: Pool
    /// The superuser: for fixtures, and for looking at results.
    let observer: Pool
    let clock = TestClock()
    let ids = IDSource.version7(clock: .system)

    static func with(_ body: @Sendable (OutcomesFixture) async throws -> Void) async throws {
        let sets = [PlatformMigrations.all, MessageTableMigrations.all, OutcomesMigrations.all]
        try await TestDatabase.with(migrations: sets) { database in
            try await database.withPool(login: "outcomes", connections: 8) { service in
                try await database.withPool(login: "outcomes_worker") { worker in
                    try await database.withPool { observer in
                        try await observer.runScript(
                            """
                            insert into handrail.agency (
                                agency_id, name, time_zone, part2_program, hipaa_covered_entity)
                            values
                                ('\(AgencyID.north)', 'North', 'America/New_York', true, true),
                                ('\(AgencyID.south)', 'South', 'America/New_York', true, true)
                            """)
                        try await body(
                            OutcomesFixture(database: database, service: service, worker: worker, observer: observer))
                    }
                }
            }
        }
    }

    /// Runs the body in one transaction of an agency, as a request or a handler does.
    @discardableResult
    func work<T: Sendable>(
        _ agency: AgencyID = .north, _ body: @Sendable (UnitOfWork) async throws -> T
    ) async throws -> T {
        let (clock, ids) = (clock, ids)
        return try await service.transaction(for: agency) { transaction in
            try await body(
                UnitOfWork(
                    transaction: transaction, agencyID: agency, headers: .none, now: clock.now, ids: ids, actor: "test"
                )
            )
        }
    }

    /// Handles messages one after the other, as the service's loop does.
    func deliver(_ messages: [Delivered], to agency: AgencyID = .north) async throws {
        for message in messages { try await work(agency) { try await message.handle($0) } }
    }

    /// A participant with an accepted referral, a peer, and a plan that began on the clock's day.
    @discardableResult
    func addParticipant(
        _ number: UInt32 = 900, peer: UInt32 = 1, in agency: AgencyID = .north
    ) async throws -> ParticipantID {
        try await deliver(
            [
                .init(ReferralAccepted.fixture(referral: number, participant: number)),
                .init(MatchAccepted.fixture(match: number, referral: number, participant: number, peer: peer)),
                .init(PlanStarted.fixture(plan: number, referral: number, participant: number, peer: peer)),
            ],
            to: agency
        )
        return .number(number)
    }

    /// What was published of one topic, in order.
    func published<E: Event>(_: E.Type) async throws -> [E] {
        try await observer.query(Self.payloads, E.topic).map { row in
            try JSONDecoder().decode(E.self, from: Data(row.decode(JSONB.self).bytes))
        }
    }

    /// A number that a superuser's query returns.
    func number(_ statement: Statement) async throws -> Int {
        let rows = try await observer.query(statement)
        return try #require(rows.first).decode(Int.self)
    }

    private static let payloads = Statement(
        "test.payloads", "select payload from message_table.message where topic = $1 order by id")
}

/// A clock that stands at noon of 22 November 2026 in New York until it is moved.
struct TestClock: Sendable {
    private let instant = NIOLockedValueBox(Instant.noon)

    var now: Instant { instant.withLockedValue { $0 } }
    var wall: WallClock { WallClock { [instant] in instant.withLockedValue { $0 } } }

    func move(to instant: Instant) {
        self.instant.withLockedValue { $0 = instant }
    }
}

extension Instant {
    /// 12:00 in New York.
    static let noon = at("2026-11-22T17:00:00Z")

    static func at(_ text: String) -> Instant {
        guard let instant = Instant(text) else { preconditionFailure("no instant: \(text)") }
        return instant
    }
}

extension ID {
    /// The same id for the same number, in every test.
    static func number(_ number: UInt32) -> ID {
        ID(rawValue: UUID(version7At: Instant(unixSeconds: 1_700_000_000), random: 0, UInt64(number)))
    }
}

extension AgencyID {
    static let north = AgencyID.number(1)
    static let south = AgencyID.number(2)
}
