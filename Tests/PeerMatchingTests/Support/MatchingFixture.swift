import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import NIOCore
import PeerMatchingDomain
import PeerMatchingMigrations
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import PeerMatching

/// A database with the schema `matching` and two agencies. Everything but the fixtures connects as the service's login.
struct MatchingFixture: Sendable {
    let database: TestDatabase
    let service: Pool
    let worker: Pool
    /// The superuser: for fixtures, and for looking at results.
    let observer: Pool
    let clock = TestClock()
    let ids = IDSource.version7(clock: .system)

    static let migrations = [PlatformMigrations.all, MessageTableMigrations.all, PeerMatchingMigrations.all]

    static func with(_ body: @Sendable (MatchingFixture) async throws -> Void) async throws {
        try await TestDatabase.with(migrations: migrations) { database in
            try await database.withPool(login: "peer_matching", connections: 8) { service in
                try await database.withPool(login: "peer_matching_worker") { worker in
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
                            MatchingFixture(
                                database: database, service: service, worker: worker, observer: observer))
                    }
                }
            }
        }
    }

    /// Runs the body in one transaction of an agency, as a handler does.
    @discardableResult
    func store<T: Sendable>(
        _ agency: AgencyID = .north, _ body: @Sendable (Store) async throws -> T
    ) async throws -> T {
        let (now, ids) = (clock.wall.now(), ids)
        return try await service.transaction(for: agency) { transaction in
            try await body(
                Store(transaction: transaction, agencyID: agency, now: now, ids: ids, headers: .none))
        }
    }

    /// A peer who speaks English, with changes.
    @discardableResult
    func addPeer(
        _ number: UInt32, in agency: AgencyID = .north, _ change: @Sendable (inout Peer) -> Void = { _ in }
    ) async throws -> PeerID {
        var peer = Peer(id: .number(number), profile: .init(), terms: .init(displayName: "Peer \(number)"))
        peer.profile.languages = ["en"]
        change(&peer)
        let added = peer
        try await store(agency) { try await $0.insert(added) }
        return peer.id
    }

    /// Peers 1, 2, … on call in this order from an hour before the clock's noon to seven hours after.
    func putOnCall(_ numbers: UInt32..., in agency: AgencyID = .north) async throws {
        for (index, number) in numbers.enumerated() {
            try await addPeer(number, in: agency)
            let shift = Shift(
                id: ids.new(), peerID: .number(number), line: "emergency", callOrder: index + 1,
                startsAt: .noon + -60, endsAt: .noon + 420)
            try await store(agency) { try await $0.insert(shift, Policy.standard().rota) }
        }
    }

    /// Takes in a referral of participant 900 unless another is given.
    func accept(
        _ referral: ReferralAccepted, in agency: AgencyID = .north
    ) async throws {
        let ids = ids
        try await store(agency) { try await $0.find(for: referral, ids) }
    }

    /// The only match of an agency, or the newest.
    func newestMatch(_ agency: AgencyID = .north) async throws -> Match {
        try await store(agency) { store in
            let all = try await store.matches(after: .newest, limit: 1)
            return try await store.match(try #require(all.first).id)
        }
    }

    /// What was published of one topic, in order.
    func published<E: Event>(_: E.Type) async throws -> [E] {
        try await observer.query(Self.payloads, E.topic).map { row in
            try JSONDecoder().decode(E.self, from: Data(row.decode(JSONB.self).bytes))
        }
    }

    /// What waits for its time, by due time.
    func scheduled() async throws -> [DispatchDeadlineDue] {
        try await observer.query(Self.waiting).map { row in
            try JSONDecoder().decode(DispatchDeadlineDue.self, from: Data(row.decode(JSONB.self).bytes))
        }
    }

    /// A number that a superuser's query returns.
    func number(_ statement: Statement) async throws -> Int {
        let rows = try await observer.query(statement)
        return try #require(rows.first).decode(Int.self)
    }

    private static let payloads = Statement(
        "test.payloads", "select payload from message_table.message where topic = $1 order by id")
    private static let waiting = Statement(
        "test.waiting", "select payload from message_table.scheduled order by due_at, payload ->> 'deadline'")
}

/// A clock that stands at noon until it is moved.
struct TestClock: Sendable {
    private let instant = NIOLockedValueBox(Instant.noon)

    var wall: WallClock { WallClock { [instant] in instant.withLockedValue { $0 } } }

    func move(toMinutesAfterNoon minutes: Int) {
        instant.withLockedValue { $0 = .noon + minutes }
    }
}

extension AgencyID {
    static let north = AgencyID.number(1)
    static let south = AgencyID.number(2)
}

extension ReferralAccepted {
    static func emergency(
        _ referral: UInt32 = 700, of participant: UInt32 = 900, partner: UInt32? = nil,
        _ change: (inout ReferralAccepted) -> Void = { _ in }
    ) -> ReferralAccepted {
        var event = ReferralAccepted(
            referralID: .number(referral), participantID: .number(participant), version: 1,
            setting: .emergencyDepartment, priority: .stat, programme: .overdoseFollowUp,
            partnerID: partner.map(PartnerID.number), receivedAt: .noon, acceptedAt: .noon)
        change(&event)
        return event
    }

    static func routine(
        _ referral: UInt32 = 700, of participant: UInt32 = 900, _ change: (inout ReferralAccepted) -> Void = { _ in }
    ) -> ReferralAccepted {
        emergency(referral, of: participant) { event in
            event.setting = .primaryCare
            event.priority = .routine
            event.programme = .criticalTimeIntervention
            change(&event)
        }
    }
}
