internal import FoundationEssentials
public import HTTPTypes
public import HummingbirdTesting
internal import NIOCore
internal import ServiceKit

/// What came back from a service.
public struct APIAnswer: Sendable {
    /// The HTTP status code.
    public let status: Int
    public let headers: HTTPFields
    public let text: String

    public init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        text = String(buffer: response.body)
    }

    public var etag: String? { headers[.eTag] }
    public var location: String? { headers[.location] }

    /// The answer's JSON as a type of the test's own, which names what the caller reads.
    public func json<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    /// The last part of a problem's type, such as `safety-task-closed`; empty for what is no problem.
    public var problem: String {
        struct Document: Decodable { var type: String }
        // SAFETY: an answer that is no problem has no type, which no expectation meets.
        let document = try? json(Document.self)
        return document?.type.split(separator: ":").last.map(String.init) ?? ""
    }

    /// The pointers of a problem.
    public var pointers: [String] {
        struct Document: Decodable { var errors: [Problem.FieldError]? }
        // SAFETY: as above.
        let document = try? json(Document.self)
        return document?.errors?.map(\.pointer) ?? []
    }
}
