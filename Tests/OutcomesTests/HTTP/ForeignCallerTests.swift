import HTTPTypes
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Outcomes

@Suite("Every route, called by others")
struct ForeignCallerTests {
    @Test(
        "nobody of another agency, and nobody without business here, can tell whether an id exists",
        arguments: [
            (AgencyID.south, Role.allCases), (.north, [.participant, .partner, .operator]),
        ])
    func walk(_ agency: AgencyID, _ roles: [Role]) async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            struct Recorded: Decodable {
                var assessmentID: String
                var safetyTaskIDs: [String]?
            }
            let recorded: Recorded = try await api.send(
                .post, "/v1/assessments", as: "peer-1", json: Questionnaire.phq9(itemNine: 1)
            ).json()
            let routes = try OutcomesAPI(
                database: Database(pool: api.fixture.service, workers: api.fixture.worker),
                clock: api.fixture.clock.wall, ids: api.fixture.ids
            ).routes
            let known = [
                "participantID": ParticipantID.number(900).description, "assessmentID": recorded.assessmentID,
                "safetyTaskID": try #require(recorded.safetyTaskIDs?.first),
            ]
            try await APICaller.with("outcomes", routes, pool: api.fixture.service, ids: api.fixture.ids) { caller in
                let walk = ForeignWalk(
                    caller, known: known,
                    bodies: [
                        "closeSafetyTask": #"{"disposition":"connected-to-988"}"#,
                        "reportEvent": #"{"kind":"recurrence","occurredOn":"2026-11-01"}"#,
                    ]
                )
                let own = agency == .south
                let (findings, hidden) = try await walk.run(
                    routes.declared, as: roles,
                    exempt: ["listInstruments", "getInstrument", "listMeasures", "runMeasure"]
                ) { role in
                    Principal(
                        agencyID: agency, subject: "stranger", role: role, partnerID: .number(1),
                        peerID: .number(own ? 1 : 2), participantID: .number(own ? 900 : 901)
                    )
                }
                #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
                #expect(hidden >= 5)
            }
        }
    }
}
