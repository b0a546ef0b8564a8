import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import SchedulingDomain
import ServiceKit
import Testing

@testable import Scheduling

@Suite struct ContactHTTPTests {
    private func body(_ plan: ContactPlan, _ extra: String = "", at instant: Instant, outcome: String = "reached")
        -> String
    {
        """
        {"planID": "\(plan.id)", "participantID": "\(plan.participantID)", "mode": "phone", "outcome": "\(outcome)",
        "occurredAt": "\(instant)"\(extra)}
        """
    }

    @Test("recording a contact meets the planned one, fulfils the appointment, and tells others once")
    func record() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            let appointmentID = try await fixture.published(AppointmentChanged.self)[0].appointmentID
            fixture.clock.set(.at("2026-02-21T14:30:00Z"))
            try await fixture.app().test(.router) { client in
                let due = try await client.send(.get, "/v1/contacts/due", as: peer)
                #expect(due.items.first?["appointmentID"]?.string == appointmentID.description)
                let contact = body(
                    plan, #", "appointmentID": "\#(appointmentID)", "minutes": 25, "supportTypes": ["emotional"]"#,
                    at: .at("2026-02-21T14:00:00Z")
                )
                let first = try await client.send(.post, "/v1/contacts", as: peer, key: "a", contact)
                #expect(first.status == .created && first["dueAt"] == "2026-02-22T15:00:00Z", "\(first.body)")
                let again = try await client.send(.post, "/v1/contacts", as: peer, key: "a", contact)
                #expect(again.status == .created && again["contactID"] == first["contactID"])
                let other = try await client.send(
                    .post, "/v1/contacts", as: peer, key: "a", contact.replacing("25", with: "26")
                )
                #expect(other.status.code == 422 && other.problem == "idempotency-key-reused")
                let read = try await client.send(.get, "/v1/contacts/\(first["contactID"]!)", as: peer)
                #expect(read.body == first.body)
                let history = try await client.send(.get, "/v1/contacts?participantID=\(plan.participantID)", as: peer)
                #expect(history.items == [first.body])
                let own = Caller(.participant, in: fixture.agency, participantID: plan.participantID)
                #expect(try await client.send(.get, "/v1/contacts", as: own).items == [first.body])
                let one = try await client.send(.get, "/v1/contacts/\(first["contactID"]!)", as: own)
                #expect(one.body == first.body)
                let somebody = Caller(.participant, in: fixture.agency, participantID: ParticipantID(rawValue: UUID()))
                #expect(try await client.send(.get, "/v1/contacts", as: somebody).items == [])
                let foreign = try await client.send(.get, "/v1/contacts/\(first["contactID"]!)", as: somebody)
                #expect(foreign.status == .notFound)
                let appointment = try await client.send(.get, "/v1/appointments/\(appointmentID)", as: peer)
                #expect(appointment["status"] == "fulfilled")
            }
            #expect(try await fixture.published(ContactRecorded.self).count == 1)
            let after = try await fixture.plan(plan.id)
            #expect(after.contacts[0].status == .met && after.version == 2)
            #expect(try await fixture.scheduled().map(\.0.sequence) == [2])
        }
    }

    @Test("who was reached for one plan is not sought for another; a contact without a plan is of the newest")
    func twoPlans() async throws {
        try await SchedulingFixture.with { fixture in
            let checkUps = try await fixture.handle(.fixture(.recoveryCheckUps, kind: .proposal))
            fixture.clock.advance(by: .seconds(3 * 86_400))
            let acute = try await fixture.handle(
                .fixture(participantID: checkUps.participantID, peerID: checkUps.peerID, acceptedAt: fixture.clock.now)
            )
            fixture.clock.advance(by: .seconds(86_400))
            let peer = Caller(.peer, in: fixture.agency, peerID: acute.peerID)
            try await fixture.app().test(.router) { client in
                let answer = try await client.send(
                    .post, "/v1/contacts", as: peer,
                    """
                    {"participantID": "\(acute.participantID)", "mode": "phone", "outcome": "reached",
                    "occurredAt": "\(fixture.clock.now)"}
                    """
                )
                #expect(answer.status == .created && answer["planID"] == acute.id.description, "\(answer.body)")
            }
            for id in [acute.id, checkUps.id] {
                let plan = try await fixture.plan(id)
                #expect(plan.contacts[0].status == .met)
            }
            #expect(try await fixture.published(ContactRecorded.self).map(\.planID) == [acute.id])
        }
    }

    @Test("the same contact sent twice at once is recorded once")
    func atOnce() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            let contact = body(plan, at: fixture.clock.now)
            try await fixture.app().test(.router) { client in
                let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            try await client.send(.post, "/v1/contacts", as: peer, key: "k", contact)["contactID"]
                        }
                    }
                    return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
                }
                #expect(ids.count == 1 && !ids.contains(nil))
            }
            #expect(try await fixture.published(ContactRecorded.self).count == 1)
        }
    }

    @Test("due lists show missed contacts while outreach goes on, and attempts move it on")
    func outreach() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            try await fixture.passDeadline(of: plan.id)
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            try await fixture.app().test(.router) { client in
                for mode in ["phone", "text", "phone"] {
                    fixture.clock.advance(by: .seconds(86_400))
                    let attempt = body(plan, at: fixture.clock.now, outcome: "not-reached").replacing(
                        "phone", with: mode)
                    #expect(try await client.send(.post, "/v1/contacts", as: peer, attempt).status == .created)
                }
                let due = try await client.send(.get, "/v1/contacts/due", as: peer)
                #expect(due.items[0]["status"]?.string == "missed" && due.items[0]["outreach"]?.string == "attempting")
                #expect(due.items[0]["outreachAttempts"]?.integer == 3)
                while fixture.clock.now < .at("2026-03-05T00:00:00Z") { try await fixture.passDeadline(of: plan.id) }
                let read = try await client.send(.get, "/v1/plans/\(plan.id)", as: peer)
                #expect(read.body["outreach"]?["status"]?.string == "locating", "\(read.body["outreach"]!)")
                let reached = body(plan, at: fixture.clock.now)
                #expect(try await client.send(.post, "/v1/contacts", as: peer, reached).status == .created)
                let after = try await client.send(.get, "/v1/contacts/due", as: peer)
                #expect(!after.items.contains { $0["status"]?.string == "missed" })
            }
        }
    }

    @Test("contacts that cannot be are refused, with the reason")
    func refused() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let own = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            let foreign = Caller(.peer, in: fixture.agency, peerID: PeerID(rawValue: UUID()))
            let sound = body(plan, at: fixture.clock.now)
            let cases: [(Caller, String, Int, String)] = [
                (own, body(plan, at: fixture.clock.now + .seconds(3600)), 422, "contact-invalid"),
                (own, body(plan, #", "minutes": 2000"#, at: fixture.clock.now), 422, "contact-invalid"),
                (own, body(plan, #", "place": "moon""#, at: fixture.clock.now), 422, "invalid"),
                (own, body(plan, #", "appointmentID": "\#(UUID())""#, at: fixture.clock.now), 422, "invalid"),
                (own, sound.replacing("\(plan.participantID)", with: "\(UUID())"), 422, "invalid"),
                (own, sound.replacing("reached", with: "levitated"), 422, "invalid"),
                (own, sound.replacing("\(plan.id)", with: "\(UUID())"), 404, "not-found"),
                (foreign, sound, 404, "not-found"),
            ]
            try await fixture.app().test(.router) { client in
                for (caller, body, status, type) in cases {
                    let answer = try await client.send(.post, "/v1/contacts", as: caller, body)
                    #expect(answer.status.code == status && answer.problem == type, "\(body) \(answer.body)")
                }
            }
            #expect(try await fixture.published(ContactRecorded.self).isEmpty)
        }
    }
}
