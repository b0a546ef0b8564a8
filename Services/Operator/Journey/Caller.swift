import AsyncHTTPClient
import FoundationEssentials
import JSON
import Models
import NIOCore
import NIOHTTP1

/// Calls the services' public APIs with JSON, as anybody outside would.
struct Caller: Sendable {
    private let client: HTTPClient
    /// How often a request is sent while the answer is 503.
    private let attempts: Int
    /// How long one answer may take: by default longer than the 30 seconds after which a service gives a request up, so that its
    /// answer says what happened.
    private let patience: TimeAmount

    init(_ client: HTTPClient = .shared, attempts: Int = 6, patience: TimeAmount = .seconds(40)) {
        self.client = client
        self.attempts = attempts
        self.patience = patience
    }

    /// The header that says what time it is.
    private static let rehearsedAt = "Handrail-Rehearsed-At"

    struct Answer: Sendable {
        let status: Int
        let etag: String?
        let location: String?
        let body: JSONValue
    }

    /// An answer that the journey cannot go on with. The problem's title is said, not the body.
    struct Refused: Error, CustomStringConvertible {
        let call: String
        let status: Int
        let title: String

        var description: String { "\(call) answered \(status) \(title)" }
    }

    /// Sends one request and expects one of the statuses.
    ///
    /// - Parameters:
    ///   - key: an Idempotency-Key, for POST; a new one where it is left out.
    ///   - version: an If-Match value.
    ///   - time: when it happens, for services that rehearse a past.
    func send(
        _ method: String, _ url: String, token: String?, _ body: JSONValue? = nil, key: String? = nil,
        ifMatch version: String? = nil, contentType: String = "application/json",
        expecting: Set<Int> = [200, 201, 204], at time: Instant? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if method == "POST" { request.headers.add(name: "Idempotency-Key", value: key ?? UUID().uuidString) }
        if let version { request.headers.add(name: "If-Match", value: version) }
        if let time { request.headers.add(name: Self.rehearsedAt, value: time.description) }
        if let body {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(body.serialized())
        }
        return try await finish(request, expecting)
    }

    /// Posts a form, as OAuth token endpoints want it.
    func post(form: [(String, String)], to url: String) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let pairs = form.map { "\($0)=\(Self.escaped($1))" }
        request.body = .bytes(Array(pairs.joined(separator: "&").utf8))
        return try await finish(request, [200])
    }

    /// The lowest value of a gauge among a service's metrics; nil where it is not there yet.
    func gauge(_ name: String, at url: String) async throws -> Double? {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: patience)
        let text = String(buffer: try await response.body.collect(upTo: 4 << 20))
        return text.split(separator: "\n").filter { $0.hasPrefix(name) }
            .compactMap { line in line.split(separator: " ").last.flatMap { Double($0) } }.min()
    }

    /// 503 is tried again, as every client should: with the same key, so that nothing happens twice.
    private func finish(_ request: HTTPClientRequest, _ expected: Set<Int>) async throws -> Answer {
        var response = try await client.execute(request, timeout: patience)
        for _ in 1..<attempts where response.status == .serviceUnavailable {
            try await _Concurrency.Task.sleep(for: .milliseconds(200))
            response = try await client.execute(request, timeout: patience)
        }
        let bytes = try await response.body.collect(upTo: 4 << 20)
        let body = bytes.readableBytes == 0 ? JSONValue.null : try JSONValue.parse(Array(bytes.readableBytesView))
        let status = Int(response.status.code)
        if let asked = request.headers.first(name: Self.rehearsedAt),
            response.headers.first(name: Self.rehearsedAt) != asked
        {
            throw OperatorSettings.Mistake(
                description: "the services run on their own clock: start them with HANDRAIL_CLOCK=rehearsal")
        }
        guard expected.contains(status) else {
            throw Refused(
                call: "\(request.method.rawValue) \(request.url)", status: status,
                title: body[["errors", 0, "detail"]]?.string.map {
                    "\(body[["errors", 0, "pointer"]]?.string ?? ""): \($0)"
                } ?? body[["title"]]?.string ?? body[["issue", 0, "diagnostics"]]?.string ?? body[[
                    "error_description"
                ]]?.string ?? body[["error"]]?.string ?? "")
        }
        return Answer(
            status: status, etag: response.headers.first(name: "ETag"),
            location: response.headers.first(name: "Location"), body: body)
    }

    /// Percent-encodes all but unreserved characters (RFC 3986).
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isUnreserved =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            guard !isUnreserved else { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" + digits : digits)
        }.joined()
    }
}
