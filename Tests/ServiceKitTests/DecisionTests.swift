import Confidentiality
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

/// What stands between a handler and an answer about somebody.
@Suite("No answer without a decision") struct DecisionTests {
    private static let participant: ParticipantID = fixed("0193a1b0-0000-7000-8000-0000000000aa")

    /// Two routes that tell of somebody: one puts its decision on record, the other forgot.
    private static func routes(_ pool: Pool) -> Routes {
        let database = Database(pool: pool, workers: pool)
        var routes = Routes()
        routes.add(
            Route(.get, "/v1/asked", "asked", "", access: .roles(.coordinator), discloses: [.presence, .contact])
        ) { _, context in
            try await database.transaction(context) { transaction in
                let permit = try await context.permit(
                    about: participant, as: .agency, in: transaction, at: Instant(unixSeconds: 1_790_000_000))
                try transaction.audit(AuditRecord(.read, under: permit, participantIDs: [participant]), context)
                return try .ok(["participant": participant.description])
            }
        }
        routes.add(
            Route(.get, "/v1/forgotten", "forgotten", "", access: .roles(.coordinator), discloses: [.presence])
        ) { _, _ in
            try .ok(["participant": participant.description])
        }
        routes.add(Route(.get, "/v1/nobody", "nobody", "", access: .anyone, discloses: [])) { _, _ in .noContent }
        return routes
    }

    @Test("an answer about somebody that nothing on record allows does not go out")
    func forgotten() async throws {
        try await PlatformFixture.withService { (_, pool) async throws -> Void in
            try await withAPI(Self.routes(pool)) { (client) async throws -> Void in
                #expect(try await client.send(.get, "/v1/asked").status == .ok)
                let answer = try await client.send(.get, "/v1/forgotten")
                #expect(answer.status == .internalServerError)
                #expect(!answer.text.contains(Self.participant.description))
            }
        }
    }

    @Test("an agency that nobody configured is refused every request, also those about nobody")
    func notConfigured() async throws {
        try await PlatformFixture.withService { (_, pool) async throws -> Void in
            try await withAPI(Self.routes(pool), agencies: .postgres(pool)) { (client) async throws -> Void in
                for path in ["/v1/asked", "/v1/nobody"] {
                    #expect(try await client.send(.get, path).status == .forbidden)
                }
            }
        }
    }

    @Test("whom the participant asked to be kept out is told that there is nothing, and everybody else is not")
    func restricted() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            let denials = DenialTrail.postgres(pool, ids: .version7(clock: .system), logger: .silent)
            @Sendable func save(_ person: String, version: Int, endedAt: Instant? = nil) async throws {
                let event = RestrictionChanged(
                    restrictionID: fixed("0193a1b0-0000-7000-8000-0000000000ab"), participantID: Self.participant,
                    version: version, recipientKind: .known(.person), recipient: person, classes: [], purposes: [],
                    endedAt: endedAt, changedAt: Instant(unixSeconds: 1_790_000_000))
                try await pool.transaction(for: .north) { transaction in
                    try await RestrictionTerms.save(event, in: transaction, of: .north)
                }
            }
            try await withAPI(Self.routes(pool), denials: denials) { (client) async throws -> Void in
                try await save("coordinator-1", version: 2)
                #expect(try await client.send(.get, "/v1/asked").status == .notFound)
                #expect(
                    try await database.texts(
                        Statement("test.why", "select reason from matching.audit_event where decision = 'deny'"))
                        == ["restriction"])
                try await save("coordinator-2", version: 1)
                #expect(try await client.send(.get, "/v1/asked").status == .notFound, "older news changes nothing")
                try await save("coordinator-1", version: 3, endedAt: Instant(unixSeconds: 1_790_000_001))
                #expect(try await client.send(.get, "/v1/asked").status == .ok)
                try await save("coordinator-2", version: 4)
                #expect(try await client.send(.get, "/v1/asked").status == .ok)
            }
        }
    }

    @Test(
        "what was asked for under one id of a person holds under all, until the merge is taken back",
        arguments: [true, false])
    func merged(_ askedRemains: Bool) async throws {
        let other: ParticipantID = fixed("0193a1b0-0000-7000-8000-0000000000ac")
        let (gone, remains) = askedRemains ? (other, Self.participant) : (Self.participant, other)
        let at = Instant(unixSeconds: 1_790_000_000)
        try await PlatformFixture.withService { (_, pool) async throws -> Void in
            @Sendable func save(_ body: @escaping @Sendable (Transaction) async throws -> Void) async throws {
                try await pool.transaction(for: .north, body)
            }
            @Sendable func group(_ id: ParticipantID) async throws -> Set<ParticipantID> {
                try await pool.transaction(for: .north) { transaction in
                    Set(try await ParticipantMerges.group(of: id, in: transaction, of: .north))
                }
            }
            try await save { transaction in
                try await RestrictionTerms.save(
                    RestrictionChanged(
                        restrictionID: fixed("0193a1b0-0000-7000-8000-0000000000ab"), participantID: other, version: 1,
                        recipientKind: .known(.person), recipient: "coordinator-1", classes: [], purposes: [],
                        endedAt: nil, changedAt: at),
                    in: transaction, of: .north)
            }
            try await withAPI(Self.routes(pool)) { (client) async throws -> Void in
                #expect(try await client.send(.get, "/v1/asked").status == .ok)
                let merged = ParticipantMerged(participantID: gone, intoID: remains, version: 1, mergedAt: at)
                try await save { try await ParticipantMerges.save(merged, in: $0, of: .north) }
                #expect(try await client.send(.get, "/v1/asked").status == .notFound)
                #expect(try await group(gone) == [gone, remains])
                #expect(try await group(remains) == [gone, remains])
                let unmerged = ParticipantUnmerged(participantID: gone, fromID: remains, version: 2, unmergedAt: at)
                try await save { try await ParticipantMerges.save(unmerged, in: $0, of: .north) }
                try await save { try await ParticipantMerges.save(merged, in: $0, of: .north) }
                #expect(try await client.send(.get, "/v1/asked").status == .ok, "older news changes nothing")
                #expect(try await group(gone) == [gone])
            }
        }
    }
}
