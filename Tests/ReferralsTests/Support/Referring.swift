import Crypto
import FoundationEssentials
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import ReferralsDomain
import ReferralsMigrations
import ReferralsSettings
import ServiceKit
import TestKit
import Testing

@testable import Referrals

/// One test's own database with the whole schema, one agency, and the store connected as the service's own login.
struct Referring: Sendable {
    let database: TestDatabase
    let pool: Pool
    let workers: Pool
    let store: Store
    let agencyID: AgencyID
    let clock: TestClock

    static func with(
        vault: Vault = .test(), matching: MatchRules? = nil, _ body: @Sendable (Referring) async throws -> Void
    ) async throws {
        let migrations = [PlatformMigrations.all, MessageTableMigrations.all, ReferralsMigrations.all]
        try await TestDatabase.with(migrations: migrations) { database in
            try await database.withPool(login: "referrals", connections: 8) { pool in
                try await database.withPool(login: "referrals_worker", connections: 2) { workers in
                    let clock = TestClock()
                    let ids = IDSource.version7(clock: clock.wall)
                    let agencyID = AgencyID(rawValue: UUID())
                    let referring = Referring(
                        database: database, pool: pool, workers: workers,
                        store: Store(
                            vault: vault, ids: ids, rules: .inForce, matching: try matching ?? .standard(),
                            times: try .standard(), linkages: try .standard(),
                            bedside: try .standard()),
                        agencyID: agencyID, clock: clock
                    )
                    try await referring.addAgency(agencyID)
                    try await body(referring)
                }
            }
        }
    }

    func addAgency(_ id: AgencyID) async throws {
        try await fixture(
            """
            set role handrail_owner;
            insert into handrail.agency (agency_id, name, time_zone, part2_program, hipaa_covered_entity)
            values ('\(id)', 'Agency', 'America/New_York', true, false)
            """
        )
    }

    /// Runs a script as the superuser.
    func fixture(_ sql: String) async throws {
        try await database.withPool(connections: 1) { try await $0.runScript(sql) }
    }

    /// Looks at results as the superuser.
    func look<T: PostgresDecodable & Sendable>(_ statement: Statement, as _: T.Type) async throws -> [T] {
        try await database.withPool(connections: 1) { pool in
            try await pool.query(statement).map { try $0.decode(T.self) }
        }
    }

    func work<T: Sendable>(
        for agency: AgencyID? = nil, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await pool.work(for: agency ?? agencyID, clock: clock.wall, body)
    }

    /// A partner organisation.
    func hospital(
        _ name: String, policy: IntakePolicy = .auto, webhook: String? = nil, kind: Partner.Kind = .hospital
    ) async throws -> PartnerID {
        let id = store.ids.new(PartnerID.self)
        _ = try await work { work in
            try await store.add(
                Partner(partnerID: id, name: name, kind: kind, intakePolicy: policy, webhookURL: webhook), in: work
            )
        }
        return id
    }

    /// Somebody whom a hospital referred, and who has consented that it learns how the referral goes.
    ///
    /// - Returns: the participant, and where the hospital reads the referral.
    func withConsent(
        from hospital: PartnerID, expiry: Consent.Term = .none
    ) async throws -> (ParticipantID, String) {
        var intake = Intake.emergency(of: .jane, from: hospital)
        intake.consents = [
            ConsentDraft { [clock] consentID, participantID in
                Consent(
                    consentID: consentID, participantID: participantID, discloser: "Agency", information: [.referral],
                    recipient: .partner(hospital), purpose: .treatment, explainsRevocation: true, expiry: expiry,
                    signature: .init(signer: .participant, method: .paper), signedAt: clock.now,
                    warnsOfRedisclosure: true)
            }
        ]
        let sent = intake
        let taken = try await work { try await store.takeIn(sent, in: $0) }
        let ids = try #require(taken.senderIDs)
        return (taken.stored.referral.participantID, "/v1/referrals/\(ids.referralID.uuidString)")
    }

    /// Moves the work of the only engagement on, as messages of the other services would.
    func moveOn() async throws {
        clock.advance(by: .seconds(60))
        let id = try #require(
            try await look(
                Statement("test.engagement", "select engagement_id from referral.engagement"), as: ReferralID.self
            ).first
        )
        try await work { work in
            try await store.report(on: id, in: work) { current in
                current.matched(
                    with: PeerID(rawValue: store.ids.uuid()), in: .dispatch, by: .init(.performer, "peer-matching"),
                    at: work.now
                )
            }
        }
    }

    /// The topics published so far, in order, of this database.
    func topics() async throws -> [String] {
        try await look(
            Statement("test.topics", "select topic from message_table.message order by id"), as: String.self
        )
    }
}

/// A clock that stands until it is moved.
struct TestClock: Sendable {
    private let present: NIOLockedValueBox<Instant>

    init(_ text: String = "2026-11-22T09:00:00Z") {
        present = NIOLockedValueBox(Instant(text) ?? Instant(microseconds: 0))
    }

    var now: Instant { present.withLockedValue { $0 } }
    var wall: WallClock { WallClock { [present] in present.withLockedValue { $0 } } }
    func advance(by duration: Duration) { present.withLockedValue { $0 = $0 + duration } }
}

extension Vault {
    static func test(
        ring: [String: UInt8] = ["one": 1], current: String = "one", index: [Int16: UInt8] = [1: 9]
    ) -> Vault {
        // swift-format-ignore: NeverUseForceTry
        try! Vault(
            ring: KeyRing(
                KeyRingFile(
                    current: current,
                    keys: ring.map { KeyRingFile.Key(id: $0, bytes: [UInt8](repeating: $1, count: 32)) })),
            indexKeys: BlindIndexKeys(IndexKeysFile(index.mapValues { [UInt8](repeating: $0, count: 32) }))
        )
    }
}
