import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Models
import NIOCore
import Postgres
import ServiceKit
import TestKit
import Testing

private struct Note: Codable { var text: String }

private var routes: Routes {
    var routes = Routes()
    routes.add(Route(.get, "/v1/open", "open", "", access: .open, discloses: [])) { _, _ in .noContent }
    routes.add(Route(.get, "/v1/notes/{noteID}", "readNote", "", access: .roles(.coordinator), discloses: [.note])) {
        _, context in
        // Without PostgreSQL behind it nothing is put on record: these values only stand for a row.
        _ = try context.auditBeside(under: .office(of: .north))
        let id = try context.parameter("noteID", as: PeerID.self)
        return try .ok(Note(text: id.description), etag: 7)
    }
    routes.add(
        Route(
            .post, "/v1/notes", "createNote", "", access: .anyone, discloses: [], idempotency: .supported, bodyLimit: 64
        )
    ) { request, context in
        let note = try await request.decode(Note.self, context: context)
        return try .created(note, at: "/v1/notes/1", etag: 1)
    }
    routes.add(Route(.put, "/v1/notes/{noteID}", "changeNote", "", access: .anyone, discloses: [])) { request, _ in
        guard try request.ifMatch == 7 else { throw Problem.stale }
        return .noContent
    }
    routes.add(Route(.get, "/v1/scoped", "scoped", "", access: .roles([.coordinator], scope: "admin"), discloses: [])) {
        _, _ in
        .noContent
    }
    routes.add(Route(.get, "/v1/broken", "broken", "", access: .open, discloses: [])) { _, _ in throw Secret() }
    routes.add(Route(.get, "/v1/torn", "torn", "", access: .open, discloses: [])) { _, _ in
        throw PostgresError(.outcomeUnknown)
    }
    routes.add(Route(.get, "/v1/overloaded", "overloaded", "", access: .open, discloses: [])) { _, _ in
        throw PostgresError(.overloaded)
    }
    return routes
}

/// An error of somebody else's whose text would give something away.
private struct Secret: Error, CustomStringConvertible { var description: String { "Jane Doe" } }

@Suite("Every request") struct PipelineTests {
    @Test(
        "every refusal is a problem with a stable type",
        arguments: [
            (HTTPRequest.Method.get, "/v1/nowhere", 404, "not-found"),
            (.delete, "/v1/notes", 405, "method-not-allowed"),
            (.get, "/v1/notes/not-a-uuid", 404, "not-found"),
            (.put, "/v1/notes/1", 428, "if-match-required"),
            (.get, "/v1/scoped", 403, "forbidden"),
            (.get, "/v1/broken", 500, "internal"),
            (.get, "/v1/overloaded", 503, "unavailable"),
            (.get, "/v1/torn", 503, "outcome-unknown"),
        ]
    )
    func refusals(_ method: HTTPRequest.Method, _ uri: String, _ status: Int, _ type: String) async throws {
        try await withAPI(routes) { client in
            let answer = try await client.send(method, uri)
            #expect(answer.status.code == status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.headers[.cacheControl] == "no-store")
            let problem = try answer.problem()
            #expect(problem.type == "urn:handrail:problem:\(type)")
            #expect(problem.status == status)
            #expect(!answer.text.contains("Jane"))
        }
    }

    @Test("bodies: too large, of another type, not JSON, not fitting")
    func bodies() async throws {
        try await withAPI(routes) { client in
            let large = try await client.send(
                .post, "/v1/notes", json: #"{"text":"\#(String(repeating: "a", count: 60))"}"#)
            #expect(large.status == .contentTooLarge)
            let text = try await client.send(.post, "/v1/notes", headers: [.contentType: "text/plain"], json: "{}")
            #expect(text.status == .unsupportedMediaType)
            let broken = try await client.send(.post, "/v1/notes", json: "{")
            #expect(broken.status == .badRequest)
            let unknown = try await client.send(.post, "/v1/notes", json: #"{"text":"a","x":1}"#)
            #expect(unknown.status == .unprocessableContent)
            #expect(try unknown.problem().errors == [.init("/x", "unknown member")])
            let right = try await client.send(
                .post, "/v1/notes", headers: [.contentType: "application/json; charset=utf-8"], json: #"{"text":"a"}"#
            )
            #expect(right.status == .created)
            #expect(right.headers[.eTag] == "\"1\"")
            #expect(right.headers[.location] == "/v1/notes/1")
        }
    }

    @Test("405 names the methods that there are, and HEAD goes with GET")
    func methods() async throws {
        try await withAPI(routes) { client in
            let id = "0193a1b0-0000-7000-8000-00000000000a"
            let refused = try await client.send(.patch, "/v1/notes/\(id)")
            #expect(refused.headers[.allow] == "GET, HEAD, PUT")
            let head = try await client.send(.head, "/v1/notes/\(id)")
            #expect(head.status == .ok)
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test(
        "a change needs the version that it is based on",
        arguments: [("\"7\"", 204), ("\"6\"", 412), ("*", 400), ("7", 400), ("W/\"7\"", 204)]
    )
    func ifMatch(_ header: String, _ status: Int) async throws {
        try await withAPI(routes) { client in
            let answer = try await client.send(.put, "/v1/notes/1", headers: [.ifMatch: header])
            #expect(answer.status.code == status)
        }
    }

    @Test(
        "only who may is let through",
        arguments: [
            (String?.none, 401), ("stranger", 401), ("peer", 403), ("coordinator", 200),
        ]
    )
    func access(_ token: String?, _ status: Int) async throws {
        try await withAPI(routes) { client in
            let answer = try await client.send(.get, "/v1/notes/0193a1b0-0000-7000-8000-00000000000a", as: token)
            #expect(answer.status.code == status)
            if status == 401 { #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="handrail""#) }
        }
    }

    @Test("refusals are told to the audit trail with their reason, and nothing else is")
    func denials() async throws {
        let denied = Collected<DeniedRequest>()
        try await withAPI(routes, denials: DenialTrail { await denied.add($0) }) { client in
            let uri = "/v1/notes/0193a1b0-0000-7000-8000-00000000000a"
            for token in [nil, "stranger", "peer", "coordinator"] { _ = try await client.send(.get, uri, as: token) }
            _ = try await client.send(.get, "/v1/scoped")
            _ = try await client.send(.get, "/v1/nowhere", as: nil)
        }
        let all = await denied.all
        #expect(all.map(\.denial.reason) == [.noToken, .invalidToken, .role, .scope])
        #expect(all.map(\.operationID) == ["readNote", "readNote", "readNote", "scoped"])
        #expect(all.map(\.principal?.subject) == [nil, nil, "peer-1", "coordinator-1"])
        #expect(all.first?.dataClasses == [.note])
    }

    @Test(
        "a request id that a machine drew is kept, any other is replaced: it is logged, and may be anything",
        arguments: [
            ("0193a1b0-0000-7000-8000-00000000000a", true), ("1-67891233-ABCDEF012345678912345678", true),
            ("a b", false), ("a\"b", false), (String(repeating: "a", count: 65), false), ("Robin-Example", false),
            ("MRN-12345678", false), ("15550100199", false), ("", false),
        ]
    )
    func requestID(_ id: String, _ isKept: Bool) async throws {
        try await withAPI(routes) { client in
            let name = try #require(HTTPField.Name("X-Request-Id"))
            let answer = try await client.send(.get, "/v1/open", headers: [name: id])
            #expect((answer.headers[name] == id) == isKept)
            #expect(answer.headers[name]?.isEmpty == false)
        }
    }

    @Test("an Idempotency-Key that is no key is refused", arguments: ["", "a b", String(repeating: "k", count: 256)])
    func badKey(_ key: String) async throws {
        try await withAPI(routes) { client in
            let name = try #require(HTTPField.Name("Idempotency-Key"))
            let answer = try await client.send(.post, "/v1/notes", headers: [name: key], json: #"{"text":"a"}"#)
            #expect(answer.status == .badRequest)
        }
    }

    @Test("who asks too often is told to wait, and others are not")
    func rateLimit() async throws {
        try await withAPI(routes, limit: .init(burst: 2, perMinute: 1)) { client in
            let name = try #require(HTTPField.Name("RateLimit"))
            let first = try await client.send(.get, "/v1/notes/x")
            #expect(first.headers[name] == "\"principal\";r=1;t=60")
            _ = try await client.send(.get, "/v1/notes/x")
            let refused = try await client.send(.get, "/v1/notes/x")
            #expect(refused.status == .tooManyRequests)
            #expect(Int(refused.headers[.retryAfter] ?? "") ?? 0 > 50)
            let other = try await client.send(.get, "/v1/notes/x", as: "southern")
            #expect(other.status == .notFound)
        }
    }

    @Test("a service maps its own errors, and may render problems in its own dialect")
    func dialects() async throws {
        var routes = routes
        routes.mapErrors { $0 is Secret ? Problem.conflict("already-decided", title: "Decided") : nil }
        routes.renderProblems(under: "/v1/over") { problem, _, _ in
            Response(status: problem.status, body: .init(byteBuffer: ByteBuffer(string: "outcome")))
        }
        try await withAPI(routes) { client in
            let mapped = try await client.send(.get, "/v1/broken").problem()
            #expect(mapped.type == "urn:handrail:problem:already-decided")
            let other = try await client.send(.get, "/v1/overloaded")
            #expect(other.text == "outcome")
            #expect(other.headers[.retryAfter] == "1")
        }
    }
}
