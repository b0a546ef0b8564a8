import FoundationEssentials
import Logging
import Models
import PeerMatchingDomain
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import PeerMatching

struct OpenAPITests {
    @Test("the OpenAPI document describes the routes, and only them")
    func drift() async throws {
        let (document, routes) = try await (
            PackageResources.openapi_json, DeclaredRoutes.all()
        )
        #expect(try OpenAPIDrift.differences(document: document, routes: routes.declared) == [])
    }

    @Test("every route says what it discloses, and only these say nothing about a person")
    func disclosures() async throws {
        let silent = Set(try await DeclaredRoutes.all().declared.filter(\.discloses.isEmpty).map(\.operationID))
        #expect(silent == ["createShift", "deleteShift", "readOnCall", "putSite", "readPolicy", "putPolicy"])
    }

    @Test("the codes in the document are the codes of the program")
    func codes() throws {
        let document = try JSONDecoder().decode(Document.self, from: Data(PackageResources.openapi_json))
        let schemas = document.components.schemas
        #expect(schemas["DisclosureKind"]?.enum == Disclosure.Kind.allCases.map(\.rawValue))
        #expect(schemas["Reason"]?.properties?["code"]?.enum == Reason.Code.allCases.map(\.rawValue))
        #expect(schemas["End"]?.properties?["outcome"]?.enum == BedsideOutcome.allCases.map(\.rawValue))
        #expect(schemas["Match"]?.properties?["status"]?.enum == Match.Status.allCases.map(\.rawValue))
        #expect(schemas["Offer"]?.properties?["status"]?.enum == Offer.Status.allCases.map(\.rawValue))
        #expect(schemas["Peer"]?.properties?["status"]?.enum == Peer.Status.allCases.map(\.rawValue))
        #expect(schemas["ExcludedPair"]?.properties?["reason"]?.enum == ExcludedPair.Reason.allCases.map(\.rawValue))
        let policy = try #require(schemas["Policy"])
        #expect(Set(try #require(policy.required)) == Set(try #require(policy.properties).keys))
    }

    private struct Document: Decodable {
        var components: Components

        struct Components: Decodable { var schemas: [String: Schema] }

        final class Schema: Decodable {
            let `enum`: [String]?
            let required: [String]?
            let properties: [String: Schema]?
        }
    }
}

/// The routes without a database behind them.
private enum DeclaredRoutes {
    static func all() async throws -> Routes {
        let settings = try ConnectionSettings(
            url: "postgresql://nobody@127.0.0.1:1/none", applicationName: "handrail-tests")
        let reactor = Reactor()
        let pool = Pool(.init(settings), reactor: reactor, logger: .silent)
        let routes = MatchingAPI(
            database: Database(pool: pool, workers: pool), clock: .system, ids: .version7(clock: .system)
        ).routes
        await pool.shutDown()
        return routes
    }
}
