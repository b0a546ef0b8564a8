import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Logging
import Models
import NIOCore
import ServiceKit
import TestKit

extension AgencyID {
    static let north: AgencyID = fixed("0193a1b0-0000-7000-8000-000000000001")
    static let south: AgencyID = fixed("0193a1b0-0000-7000-8000-000000000002")
}

func fixed<Subject>(_ text: String) -> ID<Subject> {
    guard let id = ID<Subject>(text) else { preconditionFailure("not an id: \(text)") }
    return id
}

extension Principal {
    static let coordinator = Principal(agencyID: .north, subject: "coordinator-1", role: .coordinator)
    static let peer = Principal(
        agencyID: .north, subject: "peer-1", role: .peer, peerID: fixed("0193a1b0-0000-7000-8000-00000000000a")
    )
    static let southern = Principal(agencyID: .south, subject: "coordinator-1", role: .coordinator)
}

/// Tokens that are the names of principals.
extension Authenticator {
    static let names = Authenticator { token throws(Problem) in
        switch token {
        case "coordinator": .coordinator
        case "peer": .peer
        case "southern": .southern
        default: throw Problem.unauthenticated.denying(Denial(.invalidToken))
        }
    }
}

/// Collects what a closure is given.
actor Collected<Element: Sendable> {
    private(set) var all: [Element] = []
    func add(_ element: Element) { all.append(element) }
}

/// An API of a few routes, answered in process.
func withAPI<T>(
    _ routes: Routes,
    limit: RateLimiter.Limit = .unlimited,
    agencies: AgencyDirectory = .everyAgency,
    denials: DenialTrail = DenialTrail { _ in },
    logger: Logger = .silent,
    rehearses: Bool = false,
    timeLimit: Duration = .seconds(60),
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> T
) async throws -> T {
    let gate = Gate(
        authenticator: .names,
        agencies: agencies, rules: .inForce, limiter: RateLimiter(limit),
        fingerprint: BodyFingerprint(key: Array(repeating: 7, count: 32)),
        denials: denials,
        timeLimit: timeLimit
    )
    let definition = ServiceDefinition(routes: routes, openAPI: Array("{}".utf8))
    let api = API(service: "peer-matching", definition, gate: gate, logger: logger, rehearses: rehearses)
    return try await Application(responder: api.responder, logger: logger).test(.router, body)
}

extension TestClientProtocol {
    func send(
        _ method: HTTPRequest.Method,
        _ uri: String,
        as token: String? = "coordinator",
        headers: HTTPFields = [:],
        json: String? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if json != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await executeRequest(
            uri: uri, method: method, headers: headers, body: json.map { ByteBuffer(string: $0) })
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    /// The problem of this answer.
    func problem() throws -> ProblemDocument {
        try JSONDecoder().decode(ProblemDocument.self, from: Data(body.readableBytesView))
    }
}

struct ProblemDocument: Decodable, Equatable {
    var type: String
    var status: Int
    var detail: String?
    var errors: [Problem.FieldError]?
    var requestID: String
}
