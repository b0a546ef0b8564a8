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

@Suite struct PlanHTTPTests {
    private func start(_ programme: String = "overdose-follow-up", peer: PeerID = .init(rawValue: UUID())) -> String {
        """
        {"participantID": "\(UUID())", "referralID": "\(UUID())", "peerID": "\(peer)", "programme": "\(programme)"}
        """
    }

    @Test("a coordinator starts a plan by hand; the same request again is the same plan")
    func manual() async throws {
        try await SchedulingFixture.with { fixture in
            let coordinator = Caller(.coordinator, in: fixture.agency)
            try await fixture.app().test(.router) { client in
                let body = start()
                let first = try await client.send(.post, "/v1/plans", as: coordinator, key: "k1", body)
                #expect(first.status == .created && first["status"] == "active" && first.etag == "\"1\"")
                let again = try await client.send(.post, "/v1/plans", as: coordinator, key: "k1", body)
                #expect(again["planID"] == first["planID"])
                let other = try await client.send(.post, "/v1/plans", as: coordinator, key: "k2", body)
                #expect(other.status == .conflict && other.problem == "plan-exists")
                let read = try await client.send(.get, "/v1/plans/\(first["planID"]!)", as: coordinator)
                #expect(read.status == .ok && read.body["contacts"]?.items.count == 9)
            }
            #expect(try await fixture.published(PlanStarted.self).count == 1)
        }
    }

    @Test(
        "what is wrong with a plan's start is said",
        arguments: [
            (#""programme": "overdose-follow-up""#, #""programme": "bungee""#, 422, "unknown-programme"),
            (#""programme""#, #""option": "forever", "programme""#, 422, "unknown-option"),
            (#""programme""#, #""colour": "red", "programme""#, 422, "invalid"),
            (#"{"participantID""#, #"{"participant""#, 422, "invalid"),
            (#"}"#, "", 400, "bad-request"),
        ]
    )
    func wrong(_ sound: String, _ broken: String, _ status: Int, _ type: String) async throws {
        try await SchedulingFixture.with { fixture in
            let body = start().replacing(sound, with: broken)
            try await fixture.app().test(.router) { client in
                let answer = try await client.send(
                    .post, "/v1/plans", as: Caller(.coordinator, in: fixture.agency), body
                )
                #expect(answer.status.code == status && answer.problem == type)
            }
            #expect(try await fixture.published(PlanStarted.self).isEmpty)
        }
    }

    @Test("peers see their own participants' plans; another's, and another agency's, are not there")
    func reach() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let other = AgencyID(rawValue: UUID())
            try await fixture.addAgency(other)
            let callers: [(Caller?, Int, Int?)] = [
                (Caller(.peer, in: fixture.agency, peerID: plan.peerID), 200, 1),
                (Caller(.peer, in: fixture.agency, peerID: PeerID(rawValue: UUID())), 404, 0),
                (Caller(.peer, in: fixture.agency), 403, nil),
                (Caller(.participant, in: fixture.agency, participantID: plan.participantID), 200, 1),
                (Caller(.participant, in: fixture.agency, participantID: ParticipantID(rawValue: UUID())), 404, 0),
                (Caller(.supervisor, in: fixture.agency), 200, 1),
                (Caller(.partner, in: fixture.agency), 403, nil),
                (Caller(.coordinator, in: other), 404, 0),
                (nil, 401, nil),
            ]
            try await fixture.app().test(.router) { client in
                for (caller, status, count) in callers {
                    #expect(try await client.send(.get, "/v1/plans/\(plan.id)", as: caller).status.code == status)
                    let list = try await client.send(.get, "/v1/plans", as: caller)
                    #expect(count == nil ? list.status.code >= 400 : list.items.count == count)
                }
            }
            let denied = try await fixture.observer.query(Self.denials, plan.participantID)
            let refusals = try denied[0].decode(Int.self)
            #expect(refusals == 2, "both refusals of that plan name the participant")
        }
    }

    private static let denials = Statement(
        "test.denials",
        """
        select count(*) from scheduling.audit_event
        where decision = 'deny' and reason = 'relationship' and $1 = any (participant_ids)
        """
    )

    @Test("a phase needs its version, its requirements, and for an override a supervisor")
    func phase() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(
                .fixture(.criticalTimeIntervention, kind: .proposal, setting: .inpatient))
            fixture.clock.set(.at("2026-05-18T15:00:00Z"))
            let (peer, supervisor) = (
                Caller(.peer, in: fixture.agency, peerID: plan.peerID), Caller(.supervisor, in: fixture.agency)
            )
            let review = """
                "to": "try-out", "review": {"heldOn": "2026-05-18", "connections": [{"support": "sister", "strength": 2}],
                "nextFocusAreas": ["housing"]}
                """
            let override = #", "override": {"reason": "agreed in supervision"}"#
            try await fixture.app().test(.router) { client in
                let path = "/v1/plans/\(plan.id)/phase"
                #expect(try await client.send(.post, path, as: peer, "{\(review)}").status.code == 428)
                #expect(
                    try await client.send(.post, path, as: peer, ifMatch: "\"7\"", "{\(review)}").status.code == 412)
                let owed = try await client.send(.post, path, as: peer, ifMatch: "\"1\"", "{\(review)}")
                #expect(owed.status == .conflict && owed.problem == "requirements-unmet" && owed.pointers.count == 2)
                let refused = try await client.send(.post, path, as: peer, ifMatch: "\"1\"", "{\(review)\(override)}")
                #expect(refused.status == .forbidden)
                let blank = override.replacing("agreed in supervision", with: " ")
                let reasonless = try await client.send(
                    .post, path, as: supervisor, ifMatch: "\"1\"", "{\(review)\(blank)}")
                #expect(reasonless.problem == "reason-missing")
                let wild = review.replacing("\"strength\": 2", with: "\"strength\": 9")
                let bounds = try await client.send(.post, path, as: supervisor, ifMatch: "\"1\"", "{\(wild)}")
                #expect(bounds.status.code == 422 && bounds.pointers == ["/review/connections/0/strength"])
                let done = try await client.send(
                    .post, path, as: supervisor, ifMatch: "\"1\"", "{\(review)\(override)}")
                #expect(done.status == .ok && done["phase"] == "try-out" && done.etag != "\"1\"")
            }
            #expect(try await fixture.published(PlanPhaseChanged.self).map(\.to) == ["try-out"])
        }
    }

    @Test("meetings that were recorded count for the review")
    func tally() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(
                .fixture(.criticalTimeIntervention, kind: .proposal, setting: .inpatient))
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            try await fixture.app().test(.router) { client in
                for week in 1...5 {
                    fixture.clock.set(SchedulingFixture.start + .seconds(week * 7 * 86_400))
                    let answer = try await client.send(
                        .post, "/v1/contacts", as: peer,
                        """
                        {"planID": "\(plan.id)", "participantID": "\(plan.participantID)", "mode": "in-person",
                        "outcome": "reached", "occurredAt": "\(fixture.clock.now)", "withSupports": \(week > 3)}
                        """
                    )
                    #expect(answer.status == .created, "\(answer.body)")
                }
                fixture.clock.set(.at("2026-05-18T15:00:00Z"))
                let version = try await fixture.plan(plan.id).version
                let answer = try await client.send(
                    .post, "/v1/plans/\(plan.id)/phase", as: peer, ifMatch: "\"\(version)\"",
                    """
                    {"to": "try-out", "review": {"heldOn": "2026-05-18", "nextFocusAreas": ["housing"],
                    "connections": [{"support": "sister", "strength": 2}]}}
                    """
                )
                #expect(answer.status == .ok, "\(answer.body)")
            }
        }
    }

    @Test("a completed plan is followed by check-ups, once, and its bookings are cancelled")
    func close() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            fixture.clock.set(.at("2026-04-15T15:00:00Z"))
            let coordinator = Caller(.coordinator, in: fixture.agency)
            try await fixture.app().test(.router) { client in
                let path = "/v1/plans/\(plan.id)/close"
                let noteless = try await client.send(
                    .post, path, as: coordinator, ifMatch: "\"1\"", #"{"reason": "completed"}"#
                )
                #expect(noteless.problem == "requirements-unmet")
                let inner = try await client.send(
                    .post, path, as: coordinator, ifMatch: "\"1\"", #"{"reason": "superseded"}"#
                )
                #expect(inner.status.code == 422)
                let body = #"{"reason": "completed", "note": "goes on with the recovery centre"}"#
                let closed = try await client.send(.post, path, as: coordinator, ifMatch: "\"1\"", key: "c", body)
                #expect(closed.status == .ok && closed["closureReason"] == "completed")
                let again = try await client.send(.post, path, as: coordinator, ifMatch: "\"1\"", key: "c", body)
                #expect(again.status == .ok, "a repetition is answered like the first")
                let plans = try await client.send(
                    .get, "/v1/plans?participantID=\(plan.participantID)", as: coordinator)
                #expect(plans.items.map { $0["programme"]?.string } == ["overdose-follow-up", "recovery-check-ups"])
            }
        }
    }

    @Test("a recurrence makes check-ups weekly, and reporting it twice adds nothing")
    func recurrence() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture(.recoveryCheckUps, kind: .proposal))
            fixture.clock.set(.at("2027-05-03T15:00:00Z"))
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            try await fixture.app().test(.router) { client in
                let path = "/v1/plans/\(plan.id)/recurrences"
                let body = #"{"occurredOn": "2027-05-01"}"#
                let first = try await client.send(.post, path, as: peer, ifMatch: "\"1\"", body)
                let weekly = first.body["contacts"]!.items.filter { $0["purpose"]?.string == "after-recurrence" }
                #expect(first.status == .ok && weekly.count == 12)
                let again = try await client.send(.post, path, as: peer, ifMatch: first.etag, body)
                #expect(again.body["contacts"]!.items.count == first.body["contacts"]!.items.count)
            }
        }
    }

    @Test("release sets the dates of a prepared plan")
    func entry() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture(.criticalTimeIntervention, kind: .proposal, setting: .prison))
            fixture.clock.set(.at("2026-06-01T15:00:00Z"))
            let peer = Caller(.peer, in: fixture.agency, peerID: plan.peerID)
            try await fixture.app().test(.router) { client in
                let answer = try await client.send(
                    .post, "/v1/plans/\(plan.id)/community-entry", as: peer, ifMatch: "\"1\"", #"{"on": "2026-06-01"}"#
                )
                #expect(answer.status == .ok && answer["phase"] == "transition" && answer["status"] == "active")
                #expect(answer.body["phases"]?.items.last?["endsOn"]?.string == "2027-03-01")
            }
        }
    }

    @Test("lists come in pages that neither repeat nor lose anything")
    func pages() async throws {
        try await SchedulingFixture.with { fixture in
            let peer = PeerID(rawValue: UUID())
            for _ in 0..<7 {
                _ = try await fixture.handle(.fixture(peerID: peer))
                fixture.clock.advance(by: .seconds(1))
            }
            try await fixture.app().test(.router) { client in
                for list in ["/v1/plans?", "/v1/contacts/due?until=2026-03-03T00:00:00Z&"] {
                    var (seen, cursor): ([JSONValue], String?) = ([], nil)
                    repeat {
                        let next = cursor.map { "&cursor=\($0)" } ?? ""
                        let page = try await client.send(
                            .get, "\(list)limit=3\(next)", as: Caller(.peer, in: fixture.agency, peerID: peer)
                        )
                        #expect(page.status == .ok && page.items.count <= 3)
                        seen += page.items
                        cursor = page["next"]
                    } while cursor != nil
                    #expect(seen.count == (list.contains("due") ? 14 : 7) && Set(seen).count == seen.count)
                }
                let bad = try await client.send(
                    .get, "/v1/plans?cursor=%21", as: Caller(.coordinator, in: fixture.agency))
                #expect(bad.status.code == 422)
            }
        }
    }
}
