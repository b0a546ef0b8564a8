import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Models
import NIOCore
import PeerMatchingDomain
import Postgres
import ServiceKit
import TestKit

@testable import PeerMatching

/// The API in process, on the database of a fixture. A token is a principal's name: `supervisor`, `peer-1`, …
struct APIClient: Sendable {
    let fixture: MatchingFixture
    let client: any TestClientProtocol

    static func with(_ body: @escaping @Sendable (APIClient) async throws -> Void) async throws {
        try await MatchingFixture.with { fixture in
            let database = Database(pool: fixture.service, workers: fixture.worker)
            let api = MatchingAPI(database: database, clock: fixture.clock.wall, ids: fixture.ids)
            let gate = Gate(
                authenticator: .names, fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
                denials: .postgres(fixture.service, ids: fixture.ids, logger: .silent))
            let definition = ServiceDefinition(routes: api.routes, openAPI: Array("{}".utf8))
            let responder = API(service: "peer-matching", definition, gate: gate, logger: .silent).responder
            try await Application(responder: responder, logger: .silent).test(.router) { client in
                try await body(APIClient(fixture: fixture, client: client))
            }
        }
    }

    /// Sends a request; `json` is the body.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, as token: String? = "supervisor", json: String? = nil,
        ifMatch: Int? = nil, key: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if json != nil { headers[.contentType] = "application/json" }
        if let ifMatch { headers[.ifMatch] = "\"\(ifMatch)\"" }
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: json.map { ByteBuffer(string: $0) })
        return Answer(response)
    }
}

/// What came back.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        text = String(buffer: response.body)
    }

    /// The answer's JSON as a type of the test's own, which names what the caller reads.
    func json<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    /// The last part of a problem's type, such as `taken-by-another`.
    var problem: String {
        struct Document: Decodable { var type: String }
        // SAFETY: an answer that is no problem has no type, which no expectation meets.
        let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8))
        return document?.type.split(separator: ":").last.map(String.init) ?? ""
    }

    /// The pointers of a problem.
    var pointers: [String] {
        struct Document: Decodable { var errors: [Problem.FieldError]? }
        // SAFETY: as above.
        let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8))
        return document?.errors?.map(\.pointer) ?? []
    }
}

/// What the tests read of a match.
struct MatchSeen: Decodable {
    var matchID: MatchID
    var participantID: ParticipantID?
    var status: String
    var kind: String
    var peerID: PeerID?
    var offers: [OfferSeen]
    var ranking: RankingSeen?
    var version: Int

    /// In a list.
    struct Brief: Decodable { var matchID: MatchID }

    struct OfferSeen: Decodable {
        var peerID: PeerID
        var status: String
    }

    struct RankingSeen: Decodable {
        var eligible: [Eligible]
        var notEligible: [NotEligible]

        struct Eligible: Decodable {
            var peerID: PeerID
            var displayName: String
            var score: Int
            var reasons: [Reason]
        }

        struct NotEligible: Decodable {
            var peerID: PeerID
        }
    }
}

/// What the tests read of a list.
struct ListSeen<Item: Decodable>: Decodable {
    var items: [Item]
    var next: String?
}

extension Authenticator {
    /// `supervisor`, `coordinator`, `partner`, `peer-<number>`; with `@south` of the other agency.
    static let names = Authenticator { token throws(Problem) in
        let parts = token.split(separator: "@")
        let agency = parts.count == 2 && parts[1] == "south" ? AgencyID.south : .north
        let name = parts.first.map(String.init) ?? ""
        if let role = Role(rawValue: name), role != .peer {
            return Principal(agencyID: agency, subject: name, role: role)
        }
        guard name.hasPrefix("peer-"), let number = UInt32(name.dropFirst(5)) else {
            throw Problem.unauthenticated.denying(Denial(.invalidToken))
        }
        return Principal(agencyID: agency, subject: name, role: .peer, peerID: .number(number))
    }
}
