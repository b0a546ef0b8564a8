import Confidentiality
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

private let participant: ParticipantID = fixed("0193a1b0-0000-7000-8000-0000000000aa")

private func routes(_ pool: Pool) -> Routes {
    let database = Database(pool: pool, workers: pool)
    var routes = Routes()
    routes.add(Route(.get, "/v1/notes", "listNotes", "", access: .anyone, discloses: [.contact, .presence])) {
        request, context in
        try await database.transaction(context) { transaction in
            let record = AuditRecord(
                .read, under: .office(of: .north, classes: [.contact, .presence]), participantIDs: [participant])
            try transaction.audit(record, context)
            if try request.query("fail", as: Bool.self) == true {
                throw Problem.notFound.denying(Denial(.relationship, participantIDs: [participant]))
            }
            return .noContent
        }
    }
    routes.add(Route(.get, "/v1/other", "other", "", access: .roles(.operator), discloses: [])) { _, _ in .noContent }
    return routes
}

private let trail = Statement(
    "test.trail",
    """
    select concat_ws(
        ' ', agency_id, subject, role, action, operation_id, decision, reason, purpose, data_classes, participant_ids,
        rule_version, break_glass
    )
    from matching.audit_event
    order by xid, audit_id
    """
)

private let denied = Statement(
    "test.denied",
    "select concat_ws(' ', reason, operation_id, suppressed) from matching.denied_access order by denied_at"
)

@Suite("The audit trail")
struct AuditTests {
    @Test("an allowed access and a refused one are each one row; the refused one's own work is gone")
    func allowAndDeny() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            let denials = DenialTrail.postgres(pool, ids: .version7(clock: .system), logger: .silent)
            try await withAPI(routes(pool), denials: denials) { (client) async throws -> Void in
                #expect(try await client.send(.get, "/v1/notes").status == .noContent)
                #expect(try await client.send(.get, "/v1/notes?fail=true").status == .notFound)
                #expect(try await client.send(.get, "/v1/other").status == .forbidden)
            }
            let who = "\(AgencyID.north) coordinator-1 coordinator"
            let version = AccessRules.inForce.version
            #expect(
                try await database.texts(trail) == [
                    "\(who) read listNotes allow HOPERAT {contact,presence} {\(participant)} \(version) f",
                    "\(who) refused listNotes deny relationship TREAT {contact,presence} {\(participant)} \(version) f",
                    "\(who) refused other deny role TREAT {} {} \(version) f",
                ]
            )
            #expect(try await database.texts(denied) == [])
        }
    }

    @Test("callers whose agency is unknown leave a reason code, and not more than their address may cause")
    func unknownCallers() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            let denials = DenialTrail.postgres(pool, ids: .version7(clock: .system), logger: .silent)
            try await withAPI(routes(pool), denials: denials) { (client) async throws -> Void in
                #expect(try await client.send(.get, "/v1/notes", as: nil).status == .unauthorized)
                for _ in 0..<60 { _ = try await client.send(.get, "/v1/notes", as: "stranger") }
            }
            let rows = try await database.texts(denied)
            #expect(rows.first == "no-token listNotes 0")
            #expect((20...30).contains(rows.count))
            #expect(rows.dropFirst().allSatisfy { $0.hasPrefix("invalid-token listNotes") })
            #expect(try await database.texts(trail) == [])
        }
    }
}
