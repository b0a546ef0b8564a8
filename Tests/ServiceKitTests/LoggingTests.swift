import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Models
import NIOConcurrencyHelpers
import Postgres
import Testing

@testable import ServiceKit

private struct Telltale: Error, CustomStringConvertible { var description: String { "Jane Doe" } }

@Suite("Log lines") struct LoggingTests {
    private static func collect(
        _ routes: Routes,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws -> [String] {
        let lines = NIOLockedValueBox<[String]>([])
        let logger = Logger(label: "test") { label in
            JSONLogHandler(service: "peer-matching", label: label, level: .debug) { line in
                lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        try await withAPI(routes, logger: logger, body)
        return lines.withLockedValue { $0 }
    }

    private static var routes: Routes {
        var routes = Routes()
        routes.add(Route(.post, "/v1/people/{name}", "create", "", access: .anyone, discloses: [])) { _, _ in
            throw Telltale()
        }
        routes.add(Route(.get, "/v1/people", "list", "", access: .anyone, discloses: [])) { _, _ in
            throw PostgresError(.overloaded, serverMessage: "Jane Doe")
        }
        return routes
    }

    @Test("each is one JSON object with the ids to follow it, and nothing of the request's own text")
    func lines() async throws {
        let lines = try await Self.collect(Self.routes) { client in
            let name = try #require(HTTPField.Name("X-Request-Id"))
            let trace = try #require(HTTPField.Name("traceparent"))
            let headers: HTTPFields = [
                name: "0193a1b0-0000-7000-8000-00000000000a",
                trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ]
            _ = try await client.send(
                .post, "/v1/people/Jane%20Doe?phone=5551234567", headers: headers, json: #"{"name":"Jane Doe"}"#
            )
            _ = try await client.send(.get, "/v1/people?q=Jane")
            _ = try await client.send(.get, "/v1/Jane/Doe", as: nil)
        }
        let answered = try lines.map { try JSONValue.parse(Array($0.utf8)) }
            .filter { $0["message"]?.string == "answered" }
        #expect(answered.map { $0["route"]?.string } == ["/v1/people/{name}", "/v1/people", "unmatched"])
        #expect(answered.map { $0["status"]?.string } == ["500", "503", "404"])
        #expect(answered.first?["request_id"]?.string == "0193a1b0-0000-7000-8000-00000000000a")
        #expect(answered.first?["trace_id"]?.string == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(answered.first?["agency_id"]?.string == AgencyID.north.description)
        for line in lines {
            #expect(line.hasSuffix("}\n") && line.filter { $0 == "\n" }.count == 1)
            // Words only: a few digits stand in some time or id by chance.
            for text in ["Jane", "Doe", "coordinator"] { #expect(!line.contains(text), "\(line)") }
        }
    }

    @Test("a level below the handler's is not written, and keys become snake case")
    func levels() throws {
        let lines = NIOLockedValueBox<[String]>([])
        var logger = Logger(label: "test") { label in
            JSONLogHandler(service: "s", label: label, level: .info) { line in
                lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        logger[metadataKey: "hb.request.id"] = "x"
        logger.debug("hidden")
        logger.warning("a \"quoted\"\nline", metadata: ["Event-Loop": ["a", "b"]])
        let line = try #require(lines.withLockedValue { $0 }.first)
        let value = try JSONValue.parse(Array(line.utf8))
        #expect(lines.withLockedValue { $0.count } == 1)
        #expect(value["message"]?.string == "a \"quoted\"\nline")
        #expect(value["level"]?.string == "warning")
        #expect(value["event_loop"] != nil)
        #expect(value["hb_request_id"] == nil)
        #expect(value["time"]?.string.flatMap { Instant($0) } != nil)
    }
}
