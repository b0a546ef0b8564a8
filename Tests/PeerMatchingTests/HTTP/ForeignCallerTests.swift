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
            try await api.fixture.putOnCall(1)
            try await api.fixture.accept(.emergency(partner: 50))
            let shifts = try await api.fixture.observer.query(
                Statement("test.shift", "select shift_id::text from matching.shift"))
            let shift: String = try #require(shifts.first).decode()
            let match = try await api.fixture.newestMatch()
            let routes = MatchingAPI(
                database: Database(pool: api.fixture.service, workers: api.fixture.worker),
                clock: api.fixture.clock.wall, ids: api.fixture.ids
            ).routes
            let known = [
                "peerID": PeerID.number(1).description, "matchID": match.id.description,
                "shiftID": shift,
                "partnerID": PartnerID.number(50).description,
            ]
            try await APICaller.with("peer-matching", routes, pool: api.fixture.service, ids: api.fixture.ids) {
                caller in
                let walk = ForeignWalk(
                    caller, known: known,
                    bodies: [
                        "endMatch": #"{"outcome":"seen-accepted"}"#, "changePeer": #"{"languages":["en"]}"#,
                        "putSite": #"{"credentials":[]}"#,
                        "chooseMatch": #"{"peerID":"\#(PeerID.number(1))"}"#,
                    ]
                )
                let own = agency == .south
                let (findings, hidden) = try await walk.run(
                    // What a site asks of peers is the agency's own rule: under any partner's id it touches no other's.
                    routes.declared, as: roles, exempt: ["putSite"]
                ) { role in
                    Principal(
                        agencyID: agency, subject: "stranger", role: role, partnerID: .number(51),
                        peerID: .number(own ? 1 : 2), participantID: .number(own ? 900 : 901)
                    )
                }
                #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
                #expect(agency == .north || hidden > 5)
            }
        }
    }
}
