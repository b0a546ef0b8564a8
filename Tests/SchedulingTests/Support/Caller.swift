import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import NIOCore
import ServiceKit

/// Somebody who calls the API.
struct Caller: Sendable {
    let token: String

    init(_ role: Role, in agency: AgencyID, peerID: PeerID? = nil, participantID: ParticipantID? = nil) {
        token = Principals.shared.token(
            for: Principal(
                agencyID: agency, subject: "\(role.rawValue)-\(peerID?.description ?? "1")", role: role,
                peerID: peerID, participantID: participantID
            )
        )
    }
}

/// An answer, with its JSON read.
struct Answer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: JSON

    /// The problem's type without its prefix.
    var problem: String? {
        body["type"]?.text.map { String($0.split(separator: ":").last ?? "") }
    }

    subscript(_ name: String) -> String? { body[name]?.text }
    /// A problem's pointers.
    var pointers: [String] { body["errors"]?.items.compactMap { $0["pointer"]?.text } ?? [] }
    var items: [JSON] { body["items"]?.items ?? [] }
    var etag: String? { headers[.eTag] }
}

extension TestClientProtocol {
    func send(
        _ method: HTTPRequest.Method, _ uri: String, as caller: Caller?, ifMatch: String? = nil, key: String? = nil,
        _ body: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        if let caller { headers[.authorization] = "Bearer \(caller.token)" }
        if let ifMatch { headers[.ifMatch] = ifMatch }
        if let key { headers[HTTPField.Name("Idempotency-Key")!] = key }
        if body != nil { headers[.contentType] = "application/json" }
        let response = try await executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        )
        let bytes = Array(response.body.readableBytesView)
        return Answer(
            status: response.status, headers: response.headers,
            body: bytes.isEmpty ? .null : try JSONDecoder().decode(JSON.self, from: Data(bytes))
        )
    }
}

/// An answer's JSON, for looking into it.
enum JSON: Hashable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let items = try? container.decode([JSON].self) {
            self = .array(items)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    subscript(_ name: String) -> JSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var number: Int? {
        if case .number(let number) = self { Int(number) } else { nil }
    }

    var items: [JSON] {
        if case .array(let items) = self { items } else { [] }
    }
}
