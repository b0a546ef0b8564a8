internal import FHIR
internal import HTTPTypes
internal import Hummingbird
internal import JSON
internal import Models
internal import NIOCore
internal import ServiceKit

/// Answers in FHIR's JSON or XML, as was asked.
enum FHIRAnswer {
    /// The answer cannot be written as it was asked for. Thrown inside the transaction, so that what is answered with 406
    /// was not done either.
    struct NotAcceptable: Error, Hashable {
        let issues: [R4.Issue]
    }

    /// A resource, with its version as a weak entity tag (R4 §3.1.0.5) and when it last changed.
    ///
    /// - Throws: where it holds more than R4's elements, which have a place in JSON only: it is not left out in silence.
    static func resource(
        _ document: FHIRDocument, status: HTTPResponse.Status = .ok, at location: String? = nil
    ) throws(NotAcceptable) -> Response {
        let format = FHIRFormat.asked
        do throws(R4.Refusal) {
            return response(document, try format.write(document), format, status: status, at: location)
        } catch {
            throw NotAcceptable(issues: error.issues)
        }
    }

    /// What was created, with what is to be said about it: in headers beside the resource, or as the answer where the client
    /// prefers an OperationOutcome (R4 §3.1.0.4).
    static func created(
        _ document: FHIRDocument, warnings: [R4.Issue], preferring request: Request, status: HTTPResponse.Status,
        at location: String
    ) throws(NotAcceptable) -> Response {
        let preferred = HTTPField.Name("Prefer").flatMap { request.headers[$0] } ?? ""
        guard !preferred.lowercased().contains("return=operationoutcome") else {
            let issues = warnings.isEmpty ? [R4.Issue(.informational, "Kept.", severity: .information)] : warnings
            return try resource(R4.OperationOutcome(issues).document, status: status, at: location)
        }
        var response = try resource(document, status: status, at: location)
        if let name = HTTPField.Name("Warning") {
            for issue in warnings {
                let place = issue.expressions.first.map { "\($0): " } ?? ""
                let text = "\(place)\(issue.diagnostics)".replacing("\"", with: "'")
                response.headers.append(HTTPField(name: name, value: "199 handrail \"\(text)\""))
            }
        }
        return response
    }

    private static func response(
        _ document: FHIRDocument, _ bytes: [UInt8], _ format: FHIRFormat, status: HTTPResponse.Status,
        at location: String? = nil
    ) -> Response {
        var headers: HTTPFields = [.contentType: format.mediaType, .vary: "Accept"]
        if let version = document.versionID { headers[.eTag] = "W/\"\(version)\"" }
        if let instant = document[["meta", "lastUpdated"]]?.string.flatMap(Instant.init) {
            headers[.lastModified] = httpDate(instant)
        }
        headers[.location] = location
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// What was received cannot be taken: 400 where it is no FHIR at all, otherwise 422 (R4 §3.1.0.8).
    static func refusal(_ refusal: R4.Refusal) -> Response {
        let isUnreadable = refusal.issues.allSatisfy { $0.kind == .structure || $0.kind == .tooLong }
        return outcome(refusal.issues, status: isUnreadable ? .badRequest : .unprocessableContent)
    }

    /// What was asked for has no place in the format that it was asked for in.
    static func notAcceptable(_ error: NotAcceptable) -> Response {
        FHIRFormat.$asked.withValue(.json) { outcome(error.issues, status: .notAcceptable) }
    }

    private static func outcome(_ issues: [R4.Issue], status: HTTPResponse.Status) -> Response {
        let document = R4.OperationOutcome(issues).document
        let format = FHIRFormat.asked
        do throws(R4.Refusal) {
            return response(document, try format.write(document), format, status: status)
        } catch {
            return response(document, document.serialized(), .json, status: status)
        }
    }

    /// A problem of any part of the service, as an OperationOutcome.
    static func problem(_ problem: Problem) -> Response {
        let text = [problem.title, problem.detail].compactMap(\.self).joined(separator: ": ")
        var issues = problem.errors.map { R4.Issue(kind(of: problem), $0.detail, at: [$0.pointer]) }
        if issues.isEmpty { issues = [R4.Issue(kind(of: problem), text)] }
        return outcome(issues, status: problem.status)
    }

    private static func kind(of problem: Problem) -> R4.Issue.Kind {
        switch problem.status.code {
        case 400: .structure
        case 401: .login
        case 403: .forbidden
        case 404: .notFound
        case 405, 415: .notSupported
        case 409, 412: .conflict
        case 413: .tooLong
        case 422: .businessRule
        case 429: .throttled
        case 503: .transient
        default: problem.status.code >= 500 ? .exception : .invalid
        }
    }

    /// RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func httpDate(_ instant: Instant) -> String {
        let days = Int(instant.unixSeconds / 86_400)
        let date = CivilDate(daysSince1970: days)
        // 1 January 1970 was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][((days % 7) + 7) % 7]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = Instant(unixSeconds: instant.unixSeconds).description.dropFirst(11).prefix(8)
        let day = date.day < 10 ? "0\(date.day)" : "\(date.day)"
        return "\(weekday), \(day) \(months[date.month - 1]) \(date.year) \(time) GMT"
    }
}
