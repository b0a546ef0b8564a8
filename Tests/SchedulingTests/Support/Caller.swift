import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
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
    let body: JSONValue

    /// The problem's type without its prefix.
    var problem: String? {
        body["type"]?.string.map { String($0.split(separator: ":").last ?? "") }
    }

    subscript(_ name: String) -> String? { body[name]?.string }
    /// A problem's pointers.
    var pointers: [String] { body["errors"]?.items.compactMap { $0["pointer"]?.string } ?? [] }
    var items: [JSONValue] { body["items"]?.items ?? [] }
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
            body: bytes.isEmpty ? .null : try JSONValue.parse(bytes)
        )
    }
}
