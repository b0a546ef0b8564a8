import JSON
import Postgres
import TestKit
import Testing

@testable import Operator

/// Medical emergencies (42 CFR 2.51) at the door that hospitals use, on the real executables.
@Suite struct EmergencySystemTests {
    private static let person: JSONValue = [
        "givenName": "Dulcinea", "familyName": "Quixote", "birthDate": "1988-02-29",
    ]

    private static let declaration: JSONValue = [
        "person": person, "recipientName": "Dr. Ada Byron", "recipientAffiliation": "Mercy, emergency department",
        "nature": "found unresponsive, suspected overdose",
    ]

    private static let lockPeople = Statement(
        "test.lock_people", "select participant_id from referral.participant for update")

    private static let waiting = Statement(
        "test.waiting",
        """
        select count(*)::bigint
        from pg_stat_activity
        where datname = current_database() and usename = 'referrals' and wait_event_type = 'Lock'
        """)

    /// Everything that an emergency leaves behind.
    private static let traces = Statement(
        "test.traces",
        """
        select
          (select count(*) from referral.emergency),
          (select count(*) from referral.disclosure where basis = 'emergency'),
          (select count(*) from referral.audit_event where break_glass and decision = 'allow' and action = 'create')
        """)

    private struct Traces: Equatable {
        var documented = 0
        var accounted = 0
        var onRecord = 0
    }

    @Test("a hospital is told once it has documented; a process killed half-way has told and documented nothing")
    func halfWay() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let journey = try await suite.journey()
            let referrals = suite.addresses.referrals
            let mercy = try await journey.registerHospital("Mercy", intakePolicy: "review")
            let coordinator = try await journey.staffToken("coordinator")
            _ = try await Caller().send(
                "POST", "\(referrals)/v1/referrals", token: coordinator,
                ["setting": "street-outreach", "priority": "routine", "person": Self.person])
            let token = try await journey.token(of: mercy)
            @Sendable func declare(_ caller: Caller, expecting statuses: Set<Int>) async throws -> Caller.Answer {
                try await caller.send(
                    "POST", "\(referrals)/v1/emergencies", token: token, Self.declaration, key: "bed-7",
                    expecting: statuses)
            }

            let cut = try await suite.database.withPool { pool in
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(Self.lockPeople)
                    let request = Task { try await declare(Caller(attempts: 1), expecting: [201]) }
                    try await journey.eventually("the emergency to wait for the participant's row") {
                        try await pool.query(Self.waiting)[0].decode(Int.self) > 0
                    }
                    suite.kill("referrals")
                    return await request.result
                }
            }
            #expect(throws: (any Error).self) { try cut.get() }
            try await suite.start("referrals")
            #expect(try await Self.traces(suite) == Traces())

            let told = try await declare(Caller(), expecting: [201])
            #expect(told.body["familyName"] == "Quixote")
            #expect(try await Self.traces(suite) == Traces(documented: 1, accounted: 1, onRecord: 1))
            let again = try await declare(Caller(), expecting: [201])
            #expect(again.location == told.location)
            #expect(try await Self.traces(suite) == Traces(documented: 1, accounted: 2, onRecord: 1))

            let officer = try await journey.staffToken("privacy-officer")
            let list = try await Caller().send("GET", "\(referrals)/v1/emergencies", token: officer)
            #expect(list.body["items"]?.items.count == 1)
            #expect(list.body[["items", 0, "recipientName"]] == "Dr. Ada Byron")
            #expect(try !suite.logs(of: "referrals").contains("Quixote"))
        }
    }

    private static func traces(_ suite: RunningSuite) async throws -> Traces {
        try await suite.database.withPool { pool in
            let (documented, accounted, onRecord) = try await pool.query(Self.traces)[0].decode((Int, Int, Int).self)
            return Traces(documented: documented, accounted: accounted, onRecord: onRecord)
        }
    }
}
