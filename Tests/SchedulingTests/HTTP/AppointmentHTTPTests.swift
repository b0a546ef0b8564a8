import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import Postgres
import SchedulingDomain
import ServiceKit
import Testing

@testable import Scheduling

@Suite struct AppointmentHTTPTests {
    private func booking(
        _ plan: ContactPlan, from: String = "2026-02-23T15:00:00Z", until: String = "2026-02-23T15:30:00Z",
        participant: ParticipantID? = nil
    ) -> String {
        """
        {"participantID": "\(participant ?? plan.participantID)", "peerID": "\(plan.peerID)", "startsAt": "\(from)",
        "endsAt": "\(until)", "mode": "in-person", "place": "recovery-centre"}
        """
    }

    @Test("two bookings of one time at once: one wins, the other is a clear conflict")
    func atOnce() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let office = Caller(.coordinator, in: fixture.agency)
            try await fixture.app().test(.router) { client in
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for _ in 0..<2 {
                        let body = booking(plan, participant: ParticipantID(rawValue: UUID()))
                        group.addTask { try await client.send(.post, "/v1/appointments", as: office, body) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.map(\.status.code).sorted() == [201, 409])
                #expect(answers.first { $0.status.code == 409 }?.problem == "peer-busy")
            }
        }
    }

    @Test("booked, arrived, fulfilled: each step needs the version before it, and is refused from elsewhere")
    func steps() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            try await fixture.app().test(.router) { client in
                let booked = try await client.send(.post, "/v1/appointments", as: peer, booking(plan))
                #expect(booked.status == .created, "\(booked.body)")
                let path = "/v1/appointments/\(booked["appointmentID"]!)"
                #expect(booked.headers[.location] == path)
                #expect(try await client.send(.post, path + "/arrive", as: peer).status.code == 428)
                let early = try await client.send(.post, path + "/no-show", as: peer, ifMatch: "\"1\"")
                #expect(early.problem == "appointment-time")
                let skipped = try await client.send(.post, path + "/fulfil", as: peer, ifMatch: "\"1\"")
                #expect(skipped.status == .conflict && skipped.problem == "appointment-state")
                let arrived = try await client.send(.post, path + "/arrive", as: peer, ifMatch: "\"1\"")
                #expect(arrived["status"] == "arrived" && arrived.etag == "\"2\"")
                #expect(try await client.send(.post, path + "/fulfil", as: peer, ifMatch: "\"1\"").status.code == 412)
                #expect(
                    try await client.send(.post, path + "/fulfil", as: peer, ifMatch: "\"2\"")["status"] == "fulfilled")
                let foreign = Caller(.peer, in: fixture.agency, peerID: PeerID(rawValue: UUID()))
                #expect(try await client.send(.get, path, as: foreign).status.code == 404)
            }
        }
    }

    @Test("cancelling needs a known reason, and frees the time for the next")
    func cancel() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let office = Caller(.coordinator, in: fixture.agency)
            try await fixture.app().test(.router) { client in
                let booked = try await client.send(.post, "/v1/appointments", as: office, booking(plan))
                let path = "/v1/appointments/\(booked["appointmentID"]!)/cancel"
                let unknown = try await client.send(.post, path, as: office, ifMatch: "\"1\"", #"{"reason": "bored"}"#)
                #expect(unknown.status.code == 422)
                let cancelled = try await client.send(
                    .post, path, as: office, ifMatch: "\"1\"", #"{"reason": "pat-lt"}"#)
                #expect(cancelled["cancellationReason"] == "pat-lt")
                #expect(try await client.send(.post, "/v1/appointments", as: office, booking(plan)).status == .created)
            }
        }
    }

    @Test("weekly hours become free slots, less what is booked and when the peer is away")
    func slots() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            let path = "/v1/peers/\(plan.peerID)"
            let hours = """
                {"timeZone": "America/New_York",
                "rules": [{"weekday": 1, "from": "09:00", "until": "11:00", "effectiveFrom": "2026-01-01"}],
                "absences": [{"startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-07T00:00:00Z", "reason": "leave"}]}
                """
            try await fixture.app().test(.router) { client in
                let none = try await client.send(.get, path + "/availability", as: peer)
                #expect(none.etag == "\"0\"")
                let set = try await client.send(.put, path + "/availability", as: peer, ifMatch: none.etag, hours)
                #expect(set.status == .ok && set.etag == "\"1\"", "\(set.body)")
                let stale = try await client.send(.put, path + "/availability", as: peer, ifMatch: "\"0\"", hours)
                #expect(stale.status.code == 412)
                #expect(try await client.send(.get, path + "/availability", as: peer).body == set.body)
                #expect(try await client.send(.post, "/v1/appointments", as: peer, booking(plan)).status == .created)
                let free = try await client.send(
                    .get, path + "/free-slots?from=2026-02-22T00:00:00Z&until=2026-03-10T00:00:00Z&minutes=60", as: peer
                )
                // Monday the 23rd from ten is booked, the 2nd is leave, on the 9th the clocks have changed.
                #expect(
                    free.items.map { $0["startsAt"]?.string } == [
                        "2026-02-23T14:00:00Z", "2026-03-09T13:00:00Z", "2026-03-09T14:00:00Z",
                    ], "\(free.body)"
                )
                // Taken for a participant, it says when that person has contacts; and the trail says that it did.
                let shared = "/free-slots?minutes=60&participantID=\(plan.participantID)"
                #expect(try await client.send(.get, path + shared, as: peer).status == .ok)
                let recorded = try await fixture.observer.query(Self.searches).map {
                    try $0.decode((String, Bool).self)
                }
                #expect(recorded.map(\.0) == ["", "contact presence"] && recorded.map(\.1) == [false, true])
                let away = try await client.send(
                    .post, "/v1/appointments", as: peer,
                    booking(plan, from: "2026-03-03T15:00:00Z", until: "2026-03-03T15:30:00Z")
                )
                #expect(away.status == .conflict && away.problem == "peer-absent")
                let foreign = Caller(.peer, in: fixture.agency, peerID: PeerID(rawValue: UUID()))
                #expect(try await client.send(.get, path + "/availability", as: foreign).status.code == 404)
            }
        }
    }

    private static let searches = Statement(
        "test.searches",
        """
        select array_to_string(data_classes, ' '), cardinality(participant_ids) = 1
        from scheduling.audit_event
        where operation_id = 'listFreeSlots'
        order by at, audit_id
        """)

    @Test(
        "availability that cannot be is refused with a pointer",
        arguments: [
            (#""weekday": 1"#, #""weekday": 8"#, "/rules/0/weekday"),
            (#""09:00""#, #""9:00""#, "/rules/0/from"),
            (#""09:00""#, #""24:00""#, "/rules/0"),
            ("America/New_York", "EST", "/timeZone"),
            ("2026-03-07", "2026-03-01", "/absences/0"),
        ]
    )
    func impossible(_ sound: String, _ broken: String, _ pointer: String) async throws {
        try await SchedulingFixture.with { fixture in
            let hours = """
                {"timeZone": "America/New_York",
                "rules": [{"weekday": 1, "from": "09:00", "until": "11:00", "effectiveFrom": "2026-01-01"}],
                "absences": [{"startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-07T00:00:00Z", "reason": "leave"}]}
                """
            try await fixture.app().test(.router) { client in
                let answer = try await client.send(
                    .put, "/v1/peers/\(UUID())/availability", as: Caller(.supervisor, in: fixture.agency),
                    ifMatch: "\"0\"", hours.replacing(sound, with: broken)
                )
                #expect(answer.status.code == 422 && answer.pointers == [pointer], "\(answer.body)")
            }
        }
    }
}
