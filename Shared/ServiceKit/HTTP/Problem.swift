public import Hummingbird

/// A refusal or failure as the caller sees it (RFC 9457). Handlers throw it; it is rendered once, in one place.
///
/// The `detail` says what to do differently. It never carries an identity, a value from the database or the text of an
/// error of ours.
public struct Problem: Error, Hashable, Sendable {
    /// The answer's status.
    public var status: HTTPResponse.Status
    /// Stable and specific: `stale-version`; on the wire `urn:handrail:problem:stale-version`.
    public var type: String
    /// What the type means, the same for every occurrence.
    public var title: String
    /// What to do differently.
    public var detail: String?
    /// Which parts of the body or which parameters are wrong.
    public var errors: [FieldError]
    /// Further answer headers: `Retry-After`, `Allow`, `WWW-Authenticate`.
    public var headers: HTTPFields
    /// What the audit trail says about the refusal; nil where there was nothing to decide about.
    public var denial: Denial?

    /// One wrong part of a request.
    public struct FieldError: Hashable, Sendable, Codable {
        /// A JSON pointer into the body (RFC 6901), `""` for the whole; or the name of a query parameter or header.
        public var pointer: String
        /// What is wrong there, without the value.
        public var detail: String

        public init(_ pointer: String, _ detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    public init(
        _ status: HTTPResponse.Status,
        type: String,
        title: String,
        detail: String? = nil,
        errors: [FieldError] = [],
        headers: HTTPFields = [:],
        denial: Denial? = nil
    ) {
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.denial = denial
    }

    /// The same problem, recorded as a denial in the audit trail in a transaction of its own.
    public func denying(_ denial: Denial) -> Problem {
        var problem = self
        problem.denial = denial
        return problem
    }
}

extension Problem: CustomStringConvertible {
    /// Safe to log: the status and the type.
    public var description: String { "\(status.code) \(type)" }
}
