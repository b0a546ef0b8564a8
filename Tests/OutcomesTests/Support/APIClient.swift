import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Models
import NIOCore
import Postgres
import ServiceKit
import TestKit

@testable import Outcomes

/// The API in process, on the database of a fixture. A token is a principal's name: `supervisor`, `peer-1`, …
struct APIClient: Sendable {
    let fixture: OutcomesFixture
    let client: any TestClientProtocol

    static func with(_ body: @escaping @Sendable (APIClient) async throws -> Void) async throws {
        try await OutcomesFixture.with { fixture in
            let database = Database(pool: fixture.service, workers: fixture.worker)
            let api = try OutcomesAPI(database: database, clock: fixture.clock.wall, ids: fixture.ids)
            let gate = Gate(
                authenticator: .names, fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
                denials: .postgres(fixture.service, ids: fixture.ids, logger: .silent))
            let definition = ServiceDefinition(routes: api.routes, openAPI: Array("{}".utf8))
            let responder = API(service: "outcomes", definition, gate: gate, logger: .silent).responder
            try await Application(responder: responder, logger: .silent).test(.router) { client in
                try await body(APIClient(fixture: fixture, client: client))
            }
        }
    }

    /// Sends a request; `json` is the body.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, as token: String? = "supervisor", json: String? = nil,
        ifMatch: Int? = nil, key: String? = nil
    ) async throws -> Answered {
        var headers: HTTPFields = [:]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if json != nil { headers[.contentType] = "application/json" }
        if let ifMatch { headers[.ifMatch] = "\"\(ifMatch)\"" }
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: json.map { ByteBuffer(string: $0) })
        return Answered(response)
    }
}

/// What came back.
struct Answered: Sendable {
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

    /// The last part of a problem's type, such as `safety-task-closed`.
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

/// What the tests read of a list.
struct ListSeen<Item: Decodable>: Decodable {
    var items: [Item]
    var next: String?
}

extension Authenticator {
    /// `supervisor`, `coordinator`, `partner`, `peer-<number>`, `participant-<number>`; with `@south` of the other agency.
    static let names = Authenticator { token throws(Problem) in
        let parts = token.split(separator: "@")
        let agency = parts.count == 2 && parts[1] == "south" ? AgencyID.south : .north
        let name = parts.first.map(String.init) ?? ""
        let words = name.split(separator: "-")
        guard let first = words.first, let role = Role(rawValue: String(first)) else {
            throw Problem.unauthenticated.denying(Denial(.invalidToken))
        }
        var principal = Principal(agencyID: agency, subject: name, role: role)
        if words.count == 2, let number = UInt32(words[1]) {
            if role == .peer { principal.peerID = .number(number) }
            if role == .participant { principal.participantID = .number(number) }
        }
        return principal
    }
}
