import AsyncHTTPClient
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// Sends requests as they come, and keeps what was sent and what a stranger on the way could read of the answers.
final class Outsider: Sendable {
    private struct Kept {
        var sent: [UInt8] = []
        var answers: [UInt8] = []
        var headers: [UInt8] = []
        var statuses: [Int: Int] = [:]
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        var json: JSONValue {
            get throws { body.isEmpty ? .null : try JSONValue.parse(body) }
        }
    }

    private let kept = NIOLockedValueBox(Kept())

    /// Everything that was sent.
    var sent: Outlet { Outlet("requests", kept.withLockedValue(\.sent)) }
    /// Answers that refuse, whole; of others the headers: their bodies are for whoever may read them.
    var outlets: [Outlet] {
        kept.withLockedValue { [Outlet("answer", $0.answers), Outlet("header", $0.headers)] }
    }
    /// How many answers had which status.
    var statuses: [Int: Int] { kept.withLockedValue(\.statuses) }

    @discardableResult
    func send(
        _ method: String, _ url: String, token: String? = nil, headers: [(String, String)] = [], body: String? = nil,
        bytes: [UInt8]? = nil, type: String = "application/json"
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let content = bytes ?? body.map({ Array($0.utf8) }) {
            if !request.headers.contains(name: "Content-Type") {
                request.headers.add(name: "Content-Type", value: type)
            }
            request.body = .bytes(content)
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = Array(try await response.body.collect(upTo: 8 << 20).readableBytesView)
        let answer = Answer(status: Int(response.status.code), headers: response.headers, body: bytes)
        keep(url, headers, body, answer)
        return answer
    }

    private func keep(_ url: String, _ headers: [(String, String)], _ body: String?, _ answer: Answer) {
        kept.withLockedValue { kept in
            kept.sent += "\(url)\n\(headers)\n\(body ?? "")\n".utf8
            kept.statuses[answer.status, default: 0] += 1
            let lines = answer.headers.map { "\($0.name): \($0.value)\n" }.joined()
            kept.headers += lines.utf8
            if answer.status >= 400 { kept.answers += answer.body + [0x0A] }
        }
    }
}
