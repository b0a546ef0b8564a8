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
            let registry = PrometheusRegistry()
            try await api.fixture.database.withPool(login: "outcomes") {
                $0.metrics = registry
            } _: { pool in
                try await Self.walk(agency, roles, api, pool, registry)
            }
        }
    }

    private static let denials = Statement(
        "test.denials", "select count(*) from outcome.audit_event where decision = 'deny'")

    private static func walk(
        _ agency: AgencyID, _ roles: [Role], _ api: APIClient, _ pool: Pool, _ registry: PrometheusRegistry
    ) async throws {
        try await api.fixture.addParticipant()
        struct Recorded: Decodable {
            var assessmentID: String
            var safetyTaskIDs: [String]?
        }
        let recorded: Recorded = try await api.send(
            .post, "/v1/assessments", as: "peer-1", json: Questionnaire.phq9(itemNine: 1)
        ).json()
        for _ in 1...2 {
            _ = try await api.send(
                .post, "/v1/assessments", as: "peer-1", json: Questionnaire.phq9(itemNine: 1))
        }
        let routes = try OutcomesAPI(
            database: Database(pool: pool, workers: api.fixture.worker),
            clock: api.fixture.clock.wall, ids: api.fixture.ids
        ).routes
        let known = [
            "participantID": ParticipantID.number(900).description, "assessmentID": recorded.assessmentID,
            "safetyTaskID": try #require(recorded.safetyTaskIDs?.first),
        ]
        try await APICaller.with("outcomes", routes, pool: pool, ids: api.fixture.ids) { caller in
            let walk = ForeignWalk(
                caller, known: known,
                bodies: [
                    "recordAssessment":
                        #"{"participantID":"{participantID}","instrument":"phq-9","mode":"interview","answers":[]}"#,
                    "closeSafetyTask": #"{"disposition":"connected-to-988"}"#,
                    "createProgressReport":
                        #"{"recipientID":"\#(PartnerID.number(3))","purpose":"TREAT"}"#,
                    "reportEvent": #"{"kind":"recurrence","occurredOn":"2026-11-01"}"#,
                ],
                owners: [
                    Principal(agencyID: .north, subject: "supervisor", role: .supervisor),
                    Principal(agencyID: .north, subject: "peer-1", role: .peer, peerID: .number(1)),
                ],
                work: .init(registry) {
                    try await api.fixture.observer.query(Self.denials)[0].decode(Int.self)
                }
            )
            let own = agency == .south
            let report = try await walk.run(
                routes.declared, as: roles,
                exempt: ["listInstruments", "getInstrument", "listMeasures", "runMeasure"]
            ) { role in
                Principal(
                    agencyID: agency, subject: "stranger", role: role, partnerID: .number(1),
                    peerID: .number(own ? 1 : 2), participantID: .number(own ? 900 : 901)
                )
            }
            #expect(report.findings.isEmpty, "\(report.findings.map(\.description).joined(separator: "\n"))")
            #expect(report.hidden >= 5)
            #expect(report.cursors > 0 && report.denials >= report.hidden && (!own || report.repeated > 0))
            print("foreign walk, outcomes, \(own ? "another agency" : "the same agency"): \(report)")
        }
    }
}
