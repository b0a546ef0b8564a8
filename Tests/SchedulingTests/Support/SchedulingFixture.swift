import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import SchedulingDomain
import SchedulingMigrations
import ServiceKit
import TestKit

@testable import Scheduling

/// A migrated database with one agency, and the service on it as its own role.
struct SchedulingFixture: Sendable {
    let database: TestDatabase
    /// The login `scheduling`.
    let service: Pool
    /// The superuser, for looking at results and for what other services would do.
    let observer: Pool
    let clock: TestClock
    let agency = AgencyID(rawValue: UUID())

    /// Friday, 20 February 2026, 10:00 in New York.
    static let start = Instant.at("2026-02-20T15:00:00Z")

    static func with(_ body: @Sendable (SchedulingFixture) async throws -> Void) async throws {
        let sets = [PlatformMigrations.all, MessageTableMigrations.all, SchedulingMigrations.all]
        try await TestDatabase.with(migrations: sets) { database in
            try await database.withPool(login: "scheduling", connections: 12) { service in
                try await database.withPool { observer in
                    let fixture = SchedulingFixture(
                        database: database, service: service, observer: observer, clock: TestClock(start)
                    )
                    try await fixture.addAgency(fixture.agency)
                    try await body(fixture)
                }
            }
        }
    }

    func addAgency(_ id: AgencyID) async throws {
        _ = try await observer.query(Self.insertAgency, id)
    }

    private static let insertAgency = Statement(
        "test.insert_agency",
        """
        insert into handrail.agency (agency_id, name, time_zone, part2_program, hipaa_covered_entity)
        values ($1, 'Test agency', 'America/New_York', true, true)
        """
    )

    // MARK: Work and messages

    @discardableResult
    func work<T: Sendable>(_ body: @Sendable (UnitOfWork) async throws -> T) async throws -> T {
        let (clock, agency) = (clock, agency)
        return try await service.transaction(for: agency) { transaction in
            try await body(
                UnitOfWork(
                    transaction: transaction, agencyID: agency, headers: .none, now: clock.now,
                    ids: .version7(clock: clock.wall), catalogue: .fixture, actor: "test"
                )
            )
        }
    }

    func plan(_ id: PlanID) async throws -> ContactPlan {
        try await work { try await PlanStore.load(id, locking: false, in: $0.transaction)! }
    }

    /// The plan that a match led to.
    func handle(_ match: MatchAccepted) async throws -> ContactPlan {
        try await work { work in
            try await MatchHandlers.handle(match, in: work)
            let known = try await ReferralMatchStore.find(match.referralID, in: work)
            return try await PlanStore.load(known!.planID!, locking: false, in: work.transaction)!
        }
    }

    /// The payloads of a topic as they were published, in order.
    func published<E: Event>(_: E.Type) async throws -> [E] {
        try await observer.query(Self.payloads, E.topic).map { row in
            try JSONDecoder().decode(E.self, from: Data(try row.decode(JSONB.self).bytes))
        }
    }

    private static let payloads = Statement(
        "test.payloads", "select payload from message_table.message where topic = $1 order by id"
    )

    /// What is scheduled, with its due time.
    func scheduled() async throws -> [(ContactOverdue, Instant)] {
        try await observer.query(Self.waiting).map { row in
            let (payload, due) = try row.decode((JSONB, Instant).self)
            return (try JSONDecoder().decode(ContactOverdue.self, from: Data(payload.bytes)), due)
        }
    }

    private static let waiting = Statement(
        "test.scheduled", "select payload, due_at from message_table.scheduled order by due_at"
    )

    /// Goes to the plan's next deadline and handles it, as the promoter and the consumer would.
    func passDeadline(of id: PlanID) async throws {
        let (event, due) = try await scheduled().first { $0.0.planID == id }!
        clock.set(max(due, clock.now))
        try await work { try await DeadlineHandlers.handle(event, in: $0) }
    }

    // MARK: HTTP

    func app() -> some ApplicationProtocol {
        let principals = Principals.shared
        let gate = Gate(
            authenticator: Authenticator { token throws(Problem) in
                guard let principal = principals.find(token) else { throw .unauthenticated }
                return principal
            },
            agencies: .postgres(service), rules: .inForce,
            fingerprint: BodyFingerprint(key: [UInt8](repeating: 7, count: 32)),
            denials: .postgres(service, ids: .version7(clock: clock.wall), logger: .silent)
        )
        let api = API(
            service: "scheduling", ServiceDefinition(routes: routes, openAPI: schedulingDocument),
            gate: gate, logger: .silent
        )
        return Application(responder: api.responder, logger: .silent)
    }

    var routes: Routes {
        SchedulingAPI(
            database: Database(pool: service, workers: service), clock: clock.wall, ids: .version7(clock: clock.wall),
            catalogue: .fixture
        ).routes
    }
}

/// A clock that tests set.
final class TestClock: Sendable {
    private let value: NIOLockedValueBox<Instant>

    init(_ start: Instant) {
        value = NIOLockedValueBox(start)
    }

    var now: Instant { value.withLockedValue { $0 } }
    func set(_ instant: Instant) { value.withLockedValue { $0 = instant } }
    func advance(by duration: Duration) { value.withLockedValue { $0 = $0 + duration } }
    var wall: WallClock { WallClock { self.now } }
}

/// Who has which token, for the tests of this process.
final class Principals: Sendable {
    static let shared = Principals()
    private let tokens = NIOLockedValueBox<[String: Principal]>([:])

    func find(_ token: String) -> Principal? { tokens.withLockedValue { $0[token] } }

    func token(for principal: Principal) -> String {
        let token = UUID().uuidString
        tokens.withLockedValue { $0[token] = principal }
        return token
    }
}

extension MatchAccepted {
    static func fixture(
        _ programme: ProgrammeCode = .overdoseFollowUp, participantID: ParticipantID = .init(rawValue: UUID()),
        peerID: PeerID = .init(rawValue: UUID()), matchID: MatchID = .init(rawValue: UUID()),
        referralID: ReferralID = .init(rawValue: UUID()), version: Int = 2, kind: MatchKind = .dispatch,
        setting: Setting = .emergencyDepartment, acceptedAt: Instant = SchedulingFixture.start
    ) -> MatchAccepted {
        MatchAccepted(
            matchID: matchID, referralID: referralID, participantID: participantID, peerID: peerID, version: version,
            kind: kind, setting: setting, programme: programme, acceptedAt: acceptedAt
        )
    }
}
