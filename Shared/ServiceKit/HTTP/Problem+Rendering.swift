internal import HTTPTypes
public import Hummingbird
internal import JSON
internal import NIOCore
internal import Postgres

extension Problem {
    /// The answer as `application/problem+json`.
    public func response(requestID: String) -> Response {
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.field("type", "urn:handrail:problem:\(type)")
            json.field("title", title)
            json.field("status", status.code)
            json.field("detail", ifPresent: detail)
            if !errors.isEmpty {
                json.array("errors", errors) { json, error in
                    json.object { json in
                        json.field("pointer", error.pointer)
                        json.field("detail", error.detail)
                    }
                }
            }
            json.field("requestID", requestID)
        }
        var response = Response.json(json, status: status, mediaType: "application/problem+json")
        for field in headers { response.headers[field.name] = field.value }
        return response
    }

    /// The problem behind an error of the libraries that handlers use; nil where the error is our own mistake.
    init?(known error: any Error) {
        switch error {
        case is NIOTooManyBytesError:
            self = .contentTooLarge(limit: Route.defaultBodyLimit)
        case is CancellationError:
            self = .unavailable()
        case let error as HTTPError:
            self.init(error.status, type: "http-\(error.status.code)", title: error.status.reasonPhrase)
        case let error as PostgresError where error.code == .outcomeUnknown:
            self = .outcomeUnknown
        case let error as PostgresError where error.isTemporary:
            self = .unavailable(retryAfter: 1)
        default:
            return nil
        }
    }
}

extension PostgresError {
    /// Nothing is wrong with the request: it may be sent again later.
    fileprivate var isTemporary: Bool {
        switch code {
        case .cannotConnect, .connectionLost, .overloaded, .shutDown, .transactionAborted, .cancelled,
            .deadlineExceeded:
            true
        // Serialisation, deadlock, lock and statement timeouts; the server stops, starts or has no connection left.
        case .server: isRetryable || ["57014", "25006", "57P01", "57P03", "53300"].contains(sqlState)
        case .decoding, .misuse, .outcomeUnknown: false
        }
    }
}
