import FoundationEssentials
import HTTPTypes
import Models
import Postgres
import TestKit
import Testing

@testable import Outcomes

@Suite("Timelines over HTTP")
struct TimelineAPITests {
    private struct Seen: Decodable {
        var eventID: String
        var kind: String
        var text: String
        var occurredAt: Instant
        var occurredOn: CivilDate
        var sourceTier: String
        var detail: [String: String]
    }

    private static func report(
        _ api: APIClient, _ json: String, as token: String = "peer-1", key: String? = nil
    ) async throws -> APIAnswer {
        try await api.send(
            .post, "/v1/participants/\(ParticipantID.number(900))/events", as: token, json: json, key: key)
    }

    @Test("every event is on exactly one page, the newest first")
    func pages() async throws {
        try await APIClient.with { api in
            let participant = try await api.fixture.addParticipant()
            // Several at the same instant: a page may end between them.
            try await api.fixture.deliver(
                (0..<23).map { .init(ContactRecorded.fixture($0, at: .noon + .seconds(Int($0 / 4) * 3600))) })
            var seen: [Seen] = []
            var uri: String? = "/v1/participants/\(participant)/timeline?limit=5"
            while let page = uri {
                let list: ListSeen<Seen> = try await api.send(.get, page, as: "peer-1").json()
                seen += list.items
                uri = list.next.map { "/v1/participants/\(participant)/timeline?limit=5&cursor=\($0)" }
            }
            #expect(seen.count == 26)
            #expect(Set(seen.map(\.eventID)).count == 26)
            #expect(seen.map(\.occurredAt) == seen.map(\.occurredAt).sorted(by: >))
            #expect(seen.allSatisfy { $0.text != $0.kind })
        }
    }

    @Test("what is reported over the years comes to a recovery with its engagements and remission")
    func recovery() async throws {
        struct Recovery: Decodable {
            struct Remission: Decodable {
                var startedOn: CivilDate
                var days: Int
                var fiveYearsOn: CivilDate
                var isFiveYears: Bool
            }
            var firstHelpOn: CivilDate?
            var engagementCount: Int
            var remission: Remission?
            var returnsAfterRemission: Int
        }
        try await APIClient.with { api in
            let participant = try await api.fixture.addParticipant()
            for body in [
                #"{"kind":"first-help","occurredOn":"2018-01-01","precision":"year"}"#,
                #"{"kind":"treatment-started","occurredOn":"2018-03-01","precision":"month","modality":"residential"}"#,
                #"{"kind":"treatment-stopped","occurredOn":"2018-06-01","modality":"residential"}"#,
                #"{"kind":"remission-started","occurredOn":"2019-06-01"}"#,
                #"{"kind":"return-to-use","occurredOn":"2021-02-01","modality":"opioids"}"#,
                #"{"kind":"remission-started","occurredOn":"2025-11-22"}"#,
            ] {
                #expect(try await Self.report(api, body).status == 201)
            }
            let seen: Recovery = try await api.send(
                .get, "/v1/participants/\(participant)/recovery", as: "participant-900"
            ).json()
            #expect(seen.firstHelpOn?.description == "2018-01-01")
            // The treatment, and the support that began with the referral.
            #expect(seen.engagementCount == 2)
            #expect(seen.returnsAfterRemission == 1)
            #expect(seen.remission?.days == 365)
            #expect(seen.remission?.fiveYearsOn.description == "2030-11-22")
            #expect(seen.remission?.isFiveYears == false)
        }
    }

    @Test(
        "a report that cannot be is refused with pointers",
        arguments: [
            (#"{"kind":"contact","occurredOn":"2026-01-01"}"#, "/kind"),
            (#"{"kind":"return-to-use","occurredOn":"2026-11-23"}"#, "/occurredOn"),
            (#"{"kind":"return-to-use","occurredOn":"2026-02-30"}"#, "/occurredOn"),
            (#"{"kind":"return-to-use","occurredOn":"2026-01-01","sourceTier":"own-record"}"#, "/sourceTier"),
            (#"{"kind":"medication-started","occurredOn":"2026-01-01","modality":"tea"}"#, "/modality"),
            (#"{"kind":"return-to-use","occurredOn":"2026-01-01","note":"…"}"#, "/note"),
        ]
    )
    func refuses(_ body: String, _ pointer: String) async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let answer = try await Self.report(api, body)
            #expect(answer.status == 422)
            #expect(answer.pointers == [pointer])
        }
    }

    @Test("late in the evening in New York today is still today, though it is tomorrow in UTC")
    func agencyDay() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            api.fixture.clock.move(to: .at("2026-11-23T03:00:00Z"))
            let today = try await Self.report(api, #"{"kind":"return-to-use","occurredOn":"2026-11-22"}"#)
            #expect(today.status == 201)
            #expect(try today.json(Seen.self).occurredAt.description == "2026-11-22T05:00:00Z")
            let tomorrow = try await Self.report(api, #"{"kind":"return-to-use","occurredOn":"2026-11-23"}"#)
            #expect(tomorrow.status == 422)
        }
    }

    @Test("the same key reports an event once")
    func idempotent() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let body = #"{"kind":"overdose","occurredOn":"2026-11-01","modality":"opioids","sourceTier":"B"}"#
            let first: Seen = try await Self.report(api, body, key: "e").json()
            let second: Seen = try await Self.report(api, body, key: "e").json()
            #expect(first.eventID == second.eventID)
            #expect(try await api.fixture.number(Self.overdoses) == 1)
        }
    }

    @Test("what participants say of themselves is self-report, whatever they send")
    func selfReport() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let body = #"{"kind":"remission-started","occurredOn":"2026-11-01","sourceTier":"A"}"#
            let seen: Seen = try await Self.report(api, body, as: "participant-900").json()
            #expect(seen.sourceTier == "C")
        }
    }

    private static let overdoses = Statement(
        "test.overdoses", "select count(*) from outcome.timeline_event where kind = 'overdose'")
}
