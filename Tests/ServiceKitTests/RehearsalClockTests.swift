import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import ServiceKit
import Testing

/// Who may say what time it is.
@Suite("The clock of a rehearsal") struct RehearsalClockTests {
    private static let stated = "2025-02-03T04:05:06Z"
    private static let header = HTTPField.Name("Handrail-Rehearsed-At")

    private struct Seen: Codable, Equatable { var now: Instant }

    private static let routes: Routes = {
        var routes = Routes()
        routes.add(Route(.get, "/v1/time", "readTime", "", access: .open, discloses: [])) { _, _ in
            try .ok(Seen(now: WallClock.rehearsal.now()))
        }
        return routes
    }()

    private func ask(_ stated: String, rehearses: Bool) async throws -> TestResponse {
        let name = try #require(Self.header)
        return try await withAPI(Self.routes, rehearses: rehearses) { client in
            try await client.execute(uri: "/v1/time", method: .get, headers: [name: stated])
        }
    }

    @Test("in a rehearsal the caller says what time it is, and is told that it was heard")
    func heard() async throws {
        let answer = try await ask(Self.stated, rehearses: true)
        #expect(String(buffer: answer.body) == #"{"now":"2025-02-03T04:05:06Z"}"#)
        #expect(answer.headers[try #require(Self.header)] == Self.stated)
    }

    @Test("everywhere else nobody can say so")
    func unheard() async throws {
        let answer = try await ask(Self.stated, rehearses: false)
        #expect(!String(buffer: answer.body).contains("2025-02-03"))
        #expect(answer.headers[try #require(Self.header)] == nil)
    }

    @Test("what is no time is refused")
    func malformed() async throws {
        #expect(try await ask("yesterday", rehearses: true).status == .badRequest)
    }
}
