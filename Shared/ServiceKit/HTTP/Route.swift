public import Hummingbird
public import Models

/// One operation of a service, declared so that tests can walk the router: who may call it, what it discloses, and
/// whether calling it twice is safe.
public struct Route: Hashable, Sendable {
    /// GET, POST, PUT, PATCH or DELETE; OPTIONS where browsers ask first; HEAD goes with every GET.
    public var method: HTTPRequest.Method
    /// The path as OpenAPI writes it: `/v1/peers/{peerID}`. It is also the metric label and the log's `route`.
    public var template: String
    /// OpenAPI's `operationId`: `acceptReferral`. Recorded in audit rows.
    public var operationID: String
    /// One sentence for people.
    public var summary: String
    /// Who may call it.
    public var access: Access
    /// The classes of data in its answers, empty where there is nothing about a person: said of every route, because
    /// what is forgotten here would be disclosed without a trace.
    public var discloses: Set<DataClass>
    /// Whether a repetition is recognised.
    public var idempotency: Idempotency
    /// Largest request body, in bytes.
    public var bodyLimit: Int
    /// Media types that a body may have; parameters such as `charset` are ignored.
    public var consumes: [String]

    /// Who may call a route.
    public enum Access: Hashable, Sendable {
        /// Nobody is asked who they are: `/openapi.json`.
        case open
        /// A token of one of these roles; where `scope` is given, its scopes must contain it.
        case roles(Set<Role>, scope: String? = nil)
        /// Any verified token of an agency.
        case anyone

        /// A token of one of these roles.
        public static func roles(_ roles: Role...) -> Access { .roles(Set(roles)) }
    }

    /// What `Idempotency-Key` means to a route.
    public enum Idempotency: Hashable, Sendable {
        /// The method is safe, or writing twice is the same as once; the header is ignored.
        case none
        /// A key makes the POST safe to repeat.
        case supported
        /// A POST without a key is refused with 400.
        case required
    }

    /// The default bound of a body: 1 MiB.
    public static let defaultBodyLimit = 1 << 20

    public init(
        _ method: HTTPRequest.Method,
        _ template: String,
        _ operationID: String,
        _ summary: String,
        access: Access,
        discloses: Set<DataClass>,
        idempotency: Idempotency = .none,
        bodyLimit: Int = Route.defaultBodyLimit,
        consumes: [String] = ["application/json"]
    ) {
        self.method = method
        self.template = template
        self.operationID = operationID
        self.summary = summary
        self.access = access
        self.discloses = discloses
        self.idempotency = idempotency
        self.bodyLimit = bodyLimit
        self.consumes = consumes
    }

    /// The names between braces in the template, in order.
    public var parameterNames: [String] {
        template.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
    }
}
