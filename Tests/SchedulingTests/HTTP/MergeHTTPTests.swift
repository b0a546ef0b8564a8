import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import Postgres
import SchedulingDomain
import ServiceKit
import TestKit
import Testing

@testable import Scheduling

/// Two participants with a plan each turn out to be one person, and two again.
@Suite struct MergeHTTPTests {
    private struct Two: Sendable {
        let fixture: SchedulingFixture
        /// The plan of each, with peers of their own.
        let one: ContactPlan
        let other: ContactPlan

        func merge() async throws {
            try await fixture.service.merge(
                other.participantID, into: one.participantID, of: fixture.agency)
        }

        func unmerge() async throws {
            try await fixture.service.unmerge(
                other.participantID, from: one.participantID, of: fixture.agency)
        }

        var office: Caller { Caller(.coordinator, in: fixture.agency) }
        var ownOne: Caller { Caller(.participant, in: fixture.agency, participantID: one.participantID) }
        var ownOther: Caller { Caller(.participant, in: fixture.agency, participantID: other.participantID) }
        var peerOne: Caller { Caller(.peer, in: fixture.agency, peerID: one.peerID) }
        var peerOther: Caller { Caller(.peer, in: fixture.agency, peerID: other.peerID) }

        func booking(_ participant: ParticipantID, _ peer: PeerID, plan: ContactPlan? = nil) -> String {
            """
            {"participantID": "\(participant)", "peerID": "\(peer)", "startsAt": "2026-02-23T15:00:00Z",
            "endsAt": "2026-02-23T15:30:00Z", "mode": "phone"\(plan.map { #", "planID": "\#($0.id)""# } ?? "")}
            """
        }

        func contact(_ participant: ParticipantID, plan: ContactPlan? = nil) -> String {
            """
            {"participantID": "\(participant)", "mode": "phone", "outcome": "reached",
            "occurredAt": "\(fixture.clock.now)"\(plan.map { #", "planID": "\#($0.id)""# } ?? "")}
            """
        }
    }

    private func with(_ body: @Sendable (Two) async throws -> Void) async throws {
        try await SchedulingFixture.with { fixture in
            let one = try await fixture.handle(.fixture())
            let other = try await fixture.handle(.fixture())
            try await body(Two(fixture: fixture, one: one, other: other))
        }
    }

    @Test(
        "plans, appointments and contacts are the person's under each id, for all who may see them, until it was wrong")
    func lists() async throws {
        try await with { two in
            try await two.fixture.app().test(.router) { client in
                for (caller, plan) in [(two.peerOne, two.one), (two.peerOther, two.other)] {
                    let contact = two.contact(plan.participantID)
                    #expect(try await client.send(.post, "/v1/contacts", as: caller, contact).status == .created)
                }
                func count(_ uri: String, as caller: Caller) async throws -> Int? {
                    let answer = try await client.send(.get, uri, as: caller)
                    return answer.status == .ok ? answer.items.count : nil
                }
                func counts() async throws -> [Int?] {
                    var counts: [Int?] = []
                    for id in [two.one.participantID, two.other.participantID] {
                        for list in ["plans", "appointments", "contacts"] {
                            counts.append(try await count("/v1/\(list)?participantID=\(id)", as: two.office))
                        }
                        counts.append(try await count("/v1/contacts?participantID=\(id)", as: two.peerOne))
                        counts.append(try await count("/v1/plans?participantID=\(id)", as: two.ownOne))
                    }
                    for own in [two.ownOne, two.ownOther] {
                        counts.append(try await count("/v1/plans", as: own))
                        counts.append(try await count("/v1/appointments", as: own))
                        for plan in [two.one, two.other] {
                            let status = try await client.send(.get, "/v1/plans/\(plan.id)", as: own).status
                            counts.append(status.code)
                        }
                    }
                    return counts
                }
                let apart = [1, 1, 1, 1, 1, 1, 1, 1, nil, nil, 1, 1, 200, 404, 1, 1, 404, 200]
                #expect(try await counts() == apart)
                #expect(try await two.fixture.observer.query(Self.namingBoth).count == 0)
                try await two.merge()
                #expect(try await counts() == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 200, 200, 2, 2, 200, 200])
                let told = try await two.fixture.observer.query(Self.namingBoth).count
                #expect(told == 14, "every list names both")
                try await two.unmerge()
                #expect(try await counts() == apart)
                #expect(try await two.fixture.observer.query(Self.namingBoth).count == told)
            }
        }
    }

    private static let namingBoth = Statement(
        "test.naming_both",
        "select audit_id from scheduling.audit_event where cardinality(participant_ids) = 2 and decision = 'allow'")

    @Test("nobody is booked twice at one time under two ids; what was booked before stays")
    func booking() async throws {
        try await with { two in
            let (one, other) = (two.one, two.other)
            try await two.fixture.app().test(.router) { client in
                func book(_ plan: ContactPlan) async throws -> Answer {
                    let body = two.booking(plan.participantID, plan.peerID)
                    return try await client.send(.post, "/v1/appointments", as: two.office, body)
                }
                func isFree() async throws -> Bool {
                    let hours = """
                        {"timeZone": "America/New_York", "absences": [],
                        "rules": [{"weekday": 1, "from": "10:00", "until": "11:00", "effectiveFrom": "2026-01-01"}]}
                        """
                    let path = "/v1/peers/\(other.peerID)/"
                    let before = try await client.send(.get, path + "availability", as: two.office).etag
                    _ = try await client.send(.put, path + "availability", as: two.office, ifMatch: before, hours)
                    let slots =
                        "free-slots?from=2026-02-23T00:00:00Z&until=2026-02-24T00:00:00Z&participantID=\(other.participantID)"
                    let free = try await client.send(.get, path + slots, as: two.office)
                    return free.items.contains { $0["startsAt"]?.string == "2026-02-23T15:00:00Z" }
                }
                #expect(try await book(one).status == .created)
                #expect(try await isFree())
                try await two.merge()
                #expect(try await !isFree())
                let refused = try await book(other)
                #expect(refused.status == .conflict && refused.problem == "participant-busy", "\(refused.body)")
                try await two.unmerge()
                #expect(try await isFree())
                #expect(try await book(other).status == .created)
            }
        }
    }

    @Test("of bookings under both ids at once one wins")
    func bookingAtOnce() async throws {
        try await with { two in
            try await two.merge()
            try await two.fixture.app().test(.router) { client in
                let codes = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<8 {
                        let participant = number % 2 == 0 ? two.one.participantID : two.other.participantID
                        let body = two.booking(participant, PeerID(rawValue: UUID()))
                        group.addTask {
                            try await client.send(.post, "/v1/appointments", as: two.office, body).status.code
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(codes.sorted() == [201] + Array(repeating: 409, count: 7))
            }
        }
    }

    @Test(
        "what is recorded for a plan under another id of the person stands under the plan's, and counts in both plans")
    func recorded() async throws {
        try await with { two in
            let (one, other) = (two.one, two.other)
            try await two.fixture.app().test(.router) { client in
                let contact = two.contact(one.participantID, plan: other)
                let booking = two.booking(one.participantID, other.peerID, plan: other)
                #expect(try await client.send(.post, "/v1/contacts", as: two.office, contact).status.code == 422)
                #expect(try await client.send(.post, "/v1/appointments", as: two.office, booking).status.code == 422)
                try await two.merge()
                let booked = try await client.send(.post, "/v1/appointments", as: two.office, booking)
                #expect(booked["participantID"] == other.participantID.description, "\(booked.body)")
                let recorded = try await client.send(.post, "/v1/contacts", as: two.peerOther, contact)
                #expect(recorded["participantID"] == other.participantID.description, "\(recorded.body)")
                // Without a plan it is of the newest that the peer has with the person.
                let unnamed = two.contact(other.participantID)
                let found = try await client.send(.post, "/v1/contacts", as: two.peerOne, unnamed)
                #expect(found["planID"] == one.id.description && found["participantID"] == "\(one.participantID)")
                try await two.unmerge()
                #expect(try await client.send(.post, "/v1/contacts", as: two.office, contact).status.code == 422)
                #expect(try await client.send(.post, "/v1/contacts", as: two.peerOne, unnamed).status.code == 404)
                let left = try await client.send(
                    .get, "/v1/contacts?participantID=\(one.participantID)", as: two.office)
                #expect(left.items.count == 1)
            }
            for id in [one.id, other.id] {
                #expect(try await two.fixture.plan(id).contacts[0].status == .met)
            }
        }
    }
}
