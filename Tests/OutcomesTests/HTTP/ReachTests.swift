import FoundationEssentials
import HTTPTypes
import Models
import Postgres
import TestKit
import Testing

@testable import Outcomes

@Suite("Who may see whom")
struct ReachTests {
    private static let paths = [
        "/v1/participants/\(ParticipantID.number(900))/due", "/v1/participants/\(ParticipantID.number(900))/timeline",
        "/v1/participants/\(ParticipantID.number(900))/recovery",
        "/v1/assessments?participantID=\(ParticipantID.number(900))",
    ]

    @Test(
        "staff of the agency, the person's own peer and the person are let in; all others find nothing",
        arguments: [
            ("supervisor", 200), ("coordinator", 200), ("peer-1", 200), ("participant-900", 200), ("peer-2", 404),
            ("peer", 404), ("participant-901", 404), ("participant", 404), ("supervisor@south", 404),
            ("peer-1@south", 404), ("participant-900@south", 404), ("partner", 403), ("operator", 403),
            ("service", 403), ("nobody", 401),
        ]
    )
    func reads(_ token: String, _ status: Int) async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            for path in Self.paths { #expect(try await api.send(.get, path, as: token).status == status, "\(path)") }
            let write = try await api.send(.post, "/v1/assessments", as: token, json: Questionnaire.barc10())
            #expect(write.status == (status == 200 ? 201 : status))
        }
    }

    @Test("somebody whom the agency does not know looks the same as somebody else's participant")
    func unknown() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant(in: .south)
            let unknown = try await api.send(.get, "/v1/participants/\(ParticipantID.number(77))/due")
            let foreign = try await api.send(.get, "/v1/participants/\(ParticipantID.number(900))/due")
            #expect((unknown.status, foreign.status) == (404, 404))
            #expect(unknown.problem == foreign.problem)
        }
    }

    @Test("a peer who was followed by another has the participant no longer")
    func handover() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant(900, peer: 1)
            try await api.fixture.deliver([
                .init(MatchAccepted.fixture(match: 801, referral: 900, peer: 2, at: .noon + .seconds(60)))
            ])
            #expect(try await api.send(.get, Self.paths[0], as: "peer-1").status == 404)
            #expect(try await api.send(.get, Self.paths[0], as: "peer-2").status == 200)
        }
    }

    @Test("a closed referral with a closed plan ends a peer's access, an open plan keeps it")
    func closing() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let closed = ReferralClosed(
                referralID: .number(900), participantID: .number(900), version: 5, reason: .needMet,
                closedAt: .noon)
            try await api.fixture.deliver([.init(closed)])
            #expect(try await api.send(.get, Self.paths[0], as: "peer-1").status == 200)
            try await api.fixture.deliver([
                .init(PlanPhaseChanged.fixture(plan: 900, to: "closed", version: 9, at: .noon))
            ])
            #expect(try await api.send(.get, Self.paths[0], as: "peer-1").status == 404)
            #expect(try await api.send(.get, Self.paths[0], as: "supervisor").status == 200)
        }
    }

    @Test("an allowed access and a refused one are both in the audit trail, with the participant")
    func audit() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            _ = try await api.send(.get, Self.paths[1], as: "peer-1")
            _ = try await api.send(.get, Self.paths[1], as: "peer-2")
            let rows = try await api.fixture.observer.query(Self.trail, ParticipantID.number(900)).map {
                try $0.decode((String, String, String, String?).self)
            }
            #expect(
                rows.map { "\($0.0) \($0.1) \($0.2) \($0.3 ?? "-")" } == [
                    "peer-1 getTimeline allow -", "peer-2 getTimeline deny relationship",
                ])
        }
    }

    private static let trail = Statement(
        "test.trail",
        """
        select subject, operation_id, decision, reason
        from outcome.audit_event
        where $1 = any (participant_ids)
        order by subject
        """
    )
}
