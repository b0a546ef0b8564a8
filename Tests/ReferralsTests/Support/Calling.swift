import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Models
import NIOCore
import ReferralsDomain
import ServiceKit
import TestKit

@testable import Referrals

/// The API in process, on a test's own database. Tokens are the JSON of who they belong to.
extension Referring {
    func calling<T: Sendable>(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> T) async throws -> T
    {
        let database = Database(pool: pool, workers: workers)
        let api = ReferralsAPI(database: database, store: store, clock: clock.wall, residences: try .standard())
        let agencyID = agencyID
        let gate = Gate(
            authenticator: Authenticator { token throws(Problem) in
                guard let principal = Self.principal(token, agencyID) else { throw Problem.unauthenticated }
                return principal
            },
            agencies: .postgres(pool), rules: .inForce,
            fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
            denials: .postgres(pool, ids: store.ids, logger: .silent)
        )
        let definition = ServiceDefinition(routes: api.routes, openAPI: [])
        let responder = API(service: "referrals", definition, gate: gate, logger: .silent).responder
        return try await Application(responder: responder, logger: .silent).test(.router, body)
    }

    /// `coordinator`, `supervisor`, `operator`, `peer:<id>`, `partner:<id>`, `other:<agency>`.
    private static func principal(_ token: String, _ agencyID: AgencyID) -> Principal? {
        let parts = token.split(separator: ":").map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("partner", .some(let id)):
            return Principal(agencyID: agencyID, subject: "client-\(id)", role: .partner, partnerID: PartnerID(id))
        case ("peer", .some(let id)):
            return Principal(agencyID: agencyID, subject: "peer", role: .peer, peerID: PeerID(id))
        case ("participant", .some(let id)):
            return Principal(
                agencyID: agencyID, subject: "participant", role: .participant, participantID: ParticipantID(id)
            )
        case ("other", .some(let id)):
            return AgencyID(id).map { Principal(agencyID: $0, subject: "coordinator", role: .coordinator) }
        case (.some(let name), nil):
            return Role(rawValue: name).map { Principal(agencyID: agencyID, subject: name, role: $0) }
        default: return nil
        }
    }
}

extension TestClientProtocol {
    func call(
        _ method: HTTPRequest.Method, _ uri: String, as token: String = "coordinator", ifMatch: Int? = nil,
        key: String? = nil, from address: String? = nil, _ json: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if json != nil { headers[.contentType] = "application/json" }
        if let ifMatch { headers[.ifMatch] = "\"\(ifMatch)\"" }
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        if let address, let name = HTTPField.Name("X-Forwarded-For") { headers[name] = address }
        let response = try await executeRequest(
            uri: uri, method: method, headers: headers, body: json.map { ByteBuffer(string: $0) }
        )
        return Answer(response)
    }
}

/// An answer with its JSON.
struct Answer: Sendable {
    let status: Int
    let etag: String?
    let location: String?
    let text: String

    init(_ response: TestResponse) {
        status = response.status.code
        etag = response.headers[.eTag]
        location = response.headers[.location]
        text = String(buffer: response.body)
    }

    /// The whole answer.
    func object() throws -> JSONObject { try JSONValue.parse(text.utf8).object ?? [:] }

    /// A member's text, number or flag as text; nil where it is absent.
    subscript(name: String) -> String? {
        get throws {
            switch try object()[name] {
            case .string(let text): text
            case .number(let number): number.text
            case .bool(let flag): String(flag)
            default: nil
            }
        }
    }

    func items() throws -> [JSONValue] { try object()["items"]?.items ?? [] }

    /// What the `errors` of a problem point at.
    func pointers() throws -> [String] {
        try object()["errors"]?.items.compactMap { $0["pointer"]?.string } ?? []
    }
}
