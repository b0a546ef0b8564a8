import FoundationEssentials
import Models
import Postgres
import ServiceKit
import Testing

@testable import Outcomes

@Suite("The description of the API")
struct OpenAPITests {
    @Test("openapi.json says of every route what the router says, and nothing else")
    func drift() async throws {
        try await OutcomesFixture.with { fixture in
            let database = Database(pool: fixture.service, workers: fixture.worker)
            let api = try OutcomesAPI(database: database, clock: fixture.clock.wall, ids: fixture.ids)
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../Services/Outcomes/openapi.json")
            let document = Array(try Data(contentsOf: file))
            #expect(try OpenAPIDrift.differences(document: document, routes: api.routes.declared) == [])
        }
    }

    @Test("every route about a participant says which classes of data it discloses, and none lets partners in")
    func declarations() async throws {
        try await OutcomesFixture.with { fixture in
            let database = Database(pool: fixture.service, workers: fixture.worker)
            let api = try OutcomesAPI(database: database, clock: fixture.clock.wall, ids: fixture.ids)
            for route in api.routes.declared {
                guard case .roles(let roles, _) = route.access else {
                    Issue.record("\(route.operationID) names no roles")
                    continue
                }
                #expect(roles.isDisjoint(with: [.partner, .operator, .service]), "\(route.operationID)")
                let isAboutPeople = !["listInstruments", "getInstrument", "listMeasures"].contains(route.operationID)
                #expect(route.discloses.contains(.presence) == isAboutPeople, "\(route.operationID)")
            }
        }
    }
}
