import FoundationEssentials
import Models
import Postgres
import Testing

@testable import MessageTable

@Suite("Headers of messages")
struct HeadersTests {
    static let all: [MessageHeaders] = [
        .none, MessageHeaders(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        MessageHeaders(requestID: "a \"b\"\n", actor: "client", rehearsedAt: Instant("2026-11-22T09:30:00.25Z")),
    ]

    @Test("read back the same, also what an encoder wrote", arguments: all)
    func roundTrip(_ headers: MessageHeaders) throws {
        #expect(try MessageHeaders(json: headers.json.bytes) == headers)
        #expect(try MessageHeaders(json: Array(try JSONEncoder().encode(headers))) == headers)
        #expect(try JSONDecoder().decode(MessageHeaders.self, from: Data(headers.json.bytes)) == headers)
    }

    @Test("take what a newer service adds", arguments: ["{}", #"{"new":[1],"actor":null}"#])
    func lenient(_ text: String) throws {
        #expect(try MessageHeaders(json: Array(text.utf8)) == .none)
    }

    @Test(
        "are refused where they are of another kind",
        arguments: ["", "[]", "7", #"{"actor":7}"#, #"{"rehearsedAt":"x"}"#])
    func refused(_ text: String) {
        #expect(throws: MessageError.self) { try MessageHeaders(json: Array(text.utf8)) }
    }
}
