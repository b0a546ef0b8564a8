import FoundationEssentials
import HTTPTypes
import Models
import Postgres
import ServiceKit
import TestKit

@testable import Outcomes

/// The API in process, on the database of a fixture. A token is a principal's name: `supervisor`, `peer-1`, …
struct APIClient: Sendable {
    let fixture: OutcomesFixture
    let caller: APICaller

    static func with(_ body: @escaping @Sendable (APIClient) async throws -> Void) async throws {
        try await OutcomesFixture.with { fixture in
            let database = Database(pool: fixture.service, workers: fixture.worker)
            let routes = try OutcomesAPI(database: database, clock: fixture.clock.wall, ids: fixture.ids).routes
            try await APICaller.with("outcomes", routes, pool: fixture.service, ids: fixture.ids) { caller in
                try await body(APIClient(fixture: fixture, caller: caller))
            }
        }
    }

    /// Sends a request; `json` is the body.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, as name: String? = "supervisor", json: String? = nil,
        ifMatch: Int? = nil, key: String? = nil
    ) async throws -> APIAnswer {
        try await caller.send(
            method, uri, as: name.flatMap(Principal.init(named:)), json: json, ifMatch: ifMatch, key: key)
    }
}

/// What the tests read of a list.
struct ListSeen<Item: Decodable>: Decodable {
    var items: [Item]
    var next: String?
}

extension Principal {
    /// `supervisor`, `coordinator`, `partner`, `peer-<number>`, `participant-<number>`; with `@south` of the other agency.
    init?(named text: String) {
        let parts = text.split(separator: "@")
        let name = parts.first.map(String.init) ?? ""
        let words = name.split(separator: "-")
        guard let role = words.first.flatMap({ Role(rawValue: String($0)) }) else { return nil }
        self.init(agencyID: parts.last == "south" ? .south : .north, subject: name, role: role)
        guard words.count == 2, let number = UInt32(words[1]) else { return }
        if role == .peer { peerID = .number(number) }
        if role == .participant { participantID = .number(number) }
    }
}
