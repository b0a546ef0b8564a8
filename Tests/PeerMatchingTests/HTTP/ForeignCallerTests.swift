import Models
import PeerMatchingDomain
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import PeerMatching

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
            try await api.fixture.database.withPool(login: "peer_matching") {
                $0.metrics = registry
            } _: { pool in
                try await Self.walk(agency, roles, api, pool, registry)
            }
        }
    }

    private static let denials = Statement(
        "test.denials", "select count(*) from matching.audit_event where decision = 'deny'")

    private static func walk(
        _ agency: AgencyID, _ roles: [Role], _ api: APIClient, _ pool: Pool, _ registry: PrometheusRegistry
    ) async throws {
        for number: UInt32 in [2, 3] { try await api.fixture.addPeer(number) }
        try await api.fixture.putOnCall(1)
        try await api.fixture.accept(.emergency(partner: 50))
        let shifts = try await api.fixture.observer.query(
            Statement("test.shift", "select shift_id::text from matching.shift"))
        let shift: String = try #require(shifts.first).decode()
        let match = try await api.fixture.newestMatch()
        let routes = MatchingAPI(
            database: Database(pool: pool, workers: api.fixture.worker),
            clock: api.fixture.clock.wall, ids: api.fixture.ids
        ).routes
        let known = [
            "peerID": PeerID.number(1).description, "matchID": match.id.description,
            "shiftID": shift,
            "partnerID": PartnerID.number(50).description,
        ]
        try await APICaller.with("peer-matching", routes, pool: pool, ids: api.fixture.ids) {
            caller in
            let walk = ForeignWalk(
                caller, known: known,
                bodies: [
                    "excludePair":
                        #"{"peerID":"{peerID}","participantID":"\#(ParticipantID.number(900))","reason":"family"}"#,
                    "endMatch": #"{"outcome":"seen-accepted"}"#, "changePeer": #"{"languages":["en"]}"#,
                    "putSite": #"{"credentials":[]}"#,
                    "chooseMatch": #"{"peerID":"\#(PeerID.number(1))"}"#,
                    "declineMatch": "{}",
                ],
                owners: [
                    Principal(agencyID: .north, subject: "supervisor", role: .supervisor),
                    Principal(agencyID: .north, subject: "coordinator", role: .coordinator),
                    Principal(agencyID: .north, subject: "peer-1", role: .peer, peerID: .number(1)),
                ],
                work: .init(registry) {
                    try await api.fixture.observer.query(Self.denials)[0].decode(Int.self)
                }
            )
            let own = agency == .south
            let report = try await walk.run(
                // What a site asks of peers is the agency's own rule: under any partner's id it touches no other's.
                routes.declared, as: roles, exempt: ["putSite"]
            ) { role in
                Principal(
                    agencyID: agency, subject: "stranger", role: role, partnerID: .number(51),
                    peerID: .number(own ? 1 : 2), participantID: .number(own ? 900 : 901)
                )
            }
            #expect(report.findings.isEmpty, "\(report.findings.map(\.description).joined(separator: "\n"))")
            #expect(agency == .north || report.hidden > 5)
            #expect(report.cursors > 0 && report.denials >= report.hidden && (!own || report.repeated > 0))
            print("foreign walk, peer-matching, \(own ? "another agency" : "the same agency"): \(report)")
        }
    }
}
