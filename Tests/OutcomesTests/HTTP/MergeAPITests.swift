import HTTPTypes
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Outcomes

/// Participants 900 and 901, each with a referral, a plan and a peer of their own, turn out to be one person, and two again.
@Suite("Two who are one person")
struct MergeAPITests {
    private struct Due: Decodable {
        struct Item: Decodable {
            var instrument: String
            var status: String
        }
        var startedOn: CivilDate?
        var items: [Item]
    }

    private static func paths(_ participant: UInt32) -> [String] {
        let id = ParticipantID.number(participant)
        return [
            "/v1/participants/\(id)/due", "/v1/participants/\(id)/timeline", "/v1/participants/\(id)/recovery",
            "/v1/assessments?participantID=\(id)",
        ]
    }

    private func merge(_ api: APIClient) async throws {
        try await api.fixture.service.merge(.number(901), into: .number(900), of: .north)
    }

    private func unmerge(_ api: APIClient) async throws {
        try await api.fixture.service.unmerge(.number(901), from: .number(900), of: .north)
    }

    @Test("the peers and the tokens of both ids reach the person under each, and lose the other when it was wrong")
    func reach() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant(900, peer: 1)
            try await api.fixture.addParticipant(901, peer: 2)
            func statuses(_ token: String, _ participant: UInt32) async throws -> Set<Int> {
                var statuses: Set<Int> = []
                for path in Self.paths(participant) {
                    statuses.insert(try await api.send(.get, path, as: token).status)
                }
                return statuses
            }
            func crosswise() async throws -> [Set<Int>] {
                [
                    try await statuses("peer-1", 901), try await statuses("peer-2", 900),
                    try await statuses("participant-900", 901), try await statuses("participant-901", 900),
                ]
            }
            #expect(try await crosswise() == [[404], [404], [404], [404]])
            try await merge(api)
            #expect(try await crosswise() == [[200], [200], [200], [200]])
            #expect(try await statuses("peer-3", 901) == [404])
            #expect(try await statuses("participant-902", 901) == [404])
            try await unmerge(api)
            #expect(try await crosswise() == [[404], [404], [404], [404]])
            for (token, own) in [("peer-1", UInt32(900)), ("participant-901", 901)] {
                #expect(try await statuses(token, own) == [200])
            }
        }
    }

    @Test("somebody of whom nothing is known here is known as the person into whom they were merged")
    func knownByTheOther() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant(900)
            #expect(try await api.send(.get, Self.paths(901)[1]).status == 404)
            try await merge(api)
            #expect(try await api.send(.get, Self.paths(901)[1]).status == 200)
            try await unmerge(api)
            #expect(try await api.send(.get, Self.paths(901)[1]).status == 404)
        }
    }

    @Test("one timeline, one recovery, one list of scores under each id; the audit trail names both ids")
    func history() async throws {
        try await APIClient.with { api in
            for number in [UInt32(900), 901] {
                try await api.fixture.addParticipant(number)
                let body = Questionnaire.barc10(of: number)
                #expect(try await api.send(.post, "/v1/assessments", json: body).status == 201)
            }
            let event = #"{"kind":"treatment-started","occurredOn":"2026-11-01","modality":"outpatient"}"#
            let events = "/v1/participants/\(ParticipantID.number(901))/events"
            #expect(try await api.send(.post, events, json: event).status == 201)
            struct Event: Decodable { var kind: String }
            struct Recovery: Decodable { var engagementCount: Int }
            func counts(_ participant: UInt32) async throws -> [Int] {
                let paths = Self.paths(participant)
                let timeline: ListSeen<Event> = try await api.send(.get, paths[1]).json()
                let recovery: Recovery = try await api.send(.get, paths[2]).json()
                let scores: ListSeen<AssessmentSeen> = try await api.send(.get, paths[3]).json()
                return [timeline.items.count, recovery.engagementCount, scores.items.count]
            }
            let one = try await counts(900)
            let other = try await counts(901)
            #expect(other == [one[0] + 1, one[1] + 1, 1])
            #expect(try await api.fixture.number(Self.namingBoth) == 0)
            try await merge(api)
            for participant in [UInt32(900), 901] {
                let both = try await counts(participant)
                #expect([both[0], both[2]] == [one[0] + other[0], 2])
                #expect(both[1] > one[1], "the treatment that was reported under one of them")
            }
            #expect(try await api.fixture.number(Self.namingBoth) == 6)
            try await unmerge(api)
            #expect(try await counts(900) == one)
            #expect(try await counts(901) == other)
            #expect(try await api.fixture.number(Self.namingBoth) == 6)
        }
    }

    private static let namingBoth = Statement(
        "test.naming_both", "select count(*) from outcome.audit_event where cardinality(participant_ids) = 2")

    @Test("an instrument that was answered under one id is not asked again under the other")
    func due() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant(900)
            api.fixture.clock.move(to: .noon + .seconds(86_400))
            try await api.fixture.deliver([
                .init(ReferralAccepted.fixture(referral: 901, participant: 901, at: api.fixture.clock.now)),
                .init(PlanStarted.fixture(plan: 901, referral: 901, participant: 901, at: api.fixture.clock.now)),
            ])
            let answered = try await api.send(.post, "/v1/assessments", json: Questionnaire.barc10(of: 900))
            #expect(answered.status == 201)
            /// Since when it is counted, and whether the questionnaire is off the list.
            func due(_ participant: UInt32) async throws -> String {
                let due: Due = try await api.send(.get, Self.paths(participant)[0]).json()
                let isAnswered = due.items.contains { $0.instrument == "barc-10" && $0.status == "answered" }
                return "\(due.startedOn?.description ?? "-") \(isAnswered ? "answered" : "asked")"
            }
            #expect(try await due(901) == "2026-11-23 asked")
            try await merge(api)
            #expect(try await due(901) == "2026-11-22 answered", "counted from the earlier of the two plans")
            #expect(try await due(900) == "2026-11-22 answered")
            try await unmerge(api)
            #expect(try await due(901) == "2026-11-23 asked")
        }
    }

    @Test("nothing is asked under either id of a person who died")
    func died() async throws {
        try await APIClient.with { api in
            for number in [UInt32(900), 901] { try await api.fixture.addParticipant(number) }
            let closed = ReferralClosed(
                referralID: .number(901), participantID: .number(901), version: 5, reason: .died, closedAt: .noon)
            try await api.fixture.deliver([.init(closed)])
            func isAsked() async throws -> Bool {
                let due: Due = try await api.send(.get, Self.paths(900)[0]).json()
                return !due.items.isEmpty
            }
            #expect(try await isAsked())
            try await merge(api)
            #expect(try await !isAsked())
            try await unmerge(api)
            #expect(try await isAsked())
        }
    }
}
