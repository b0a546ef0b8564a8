import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

private struct Note: Codable, Sendable {
    var text: String
    var noteID: String?
}

private let insert = Statement("test.insert", "insert into note (agency_id, note_id, text) values ($1, $2, $3)")
private let find = Statement("test.find", "select text from note where agency_id = $1 and note_id = $2")
private let count = Statement("test.count", "select count(*)::text from matching.note")

private func routes(_ pool: Pool) -> Routes {
    let database = Database(pool: pool, workers: pool)
    var routes = Routes()
    routes.add(Route(.post, "/v1/notes", "createNote", "", access: .anyone, discloses: [], idempotency: .supported)) {
        request, context in
        let body = try await request.decode(Note.self, context: context)
        let agencyID = try context.agencyID
        return try await database.transaction(context) { transaction in
            let id = UUID()
            return try await transaction.once(context, resource: id) {
                _ = try await transaction.query(insert, agencyID, id, body.text)
                if body.text == "fail" { throw Problem.conflict("failed", title: "Failed") }
            } answer: { id in
                let text = try await transaction.query(find, agencyID, id)[0].decode(String.self)
                return try .created(Note(text: text, noteID: id.uuidString), at: "/v1/notes/\(id)")
            }
        }
    }
    routes.add(
        Route(
            .post, "/v1/notes/{noteID}/accept", "acceptNote", "", access: .anyone, discloses: [], idempotency: .required
        )
    ) { _, context in
        let id = try context.parameter("noteID", as: PeerID.self).rawValue
        return try await database.transaction(context) { transaction in
            try await transaction.once(context, resource: id, status: .ok) {
            } answer: {
                try .ok(Note(text: "accepted", noteID: $0.uuidString))
            }
        }
    }
    return routes
}

private let keyName = HTTPField.Name("Idempotency-Key")
private let replayed = HTTPField.Name("Idempotency-Replayed")

@Suite("Idempotency")
struct IdempotencyTests {
    private static func post(
        _ client: any TestClientProtocol,
        _ text: String,
        key: String?,
        as token: String = "coordinator"
    ) async throws -> TestResponse {
        var headers: HTTPFields = [:]
        if let key, let keyName { headers[keyName] = key }
        return try await client.send(.post, "/v1/notes", as: token, headers: headers, json: #"{"text":"\#(text)"}"#)
    }

    @Test("the same request again gets the same resource; another body is refused; without a key all are new")
    func again() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await withAPI(routes(pool)) { (client) async throws -> Void in
                let first = try await Self.post(client, "a", key: "k")
                let second = try await Self.post(client, "a", key: "k")
                #expect(first.status == .created)
                #expect(second.status == .created)
                #expect(first.text == second.text)
                #expect(first.headers[.location] == second.headers[.location])
                #expect(second.headers[try #require(replayed)] == "true")
                let other = try await Self.post(client, "b", key: "k")
                #expect(try other.problem().type == "urn:handrail:problem:idempotency-key-reused")
                #expect(other.status == .unprocessableContent)
                for _ in 0..<2 { _ = try await Self.post(client, "a", key: nil) }
            }
            #expect(try await database.texts(count) == ["3"])
        }
    }

    @Test("a key belongs to one principal of one agency")
    func scoped() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await withAPI(routes(pool)) { (client) async throws -> Void in
                for token in ["coordinator", "peer", "southern"] {
                    let answer = try await Self.post(client, token, key: "k", as: token)
                    #expect(answer.status == .created)
                }
            }
            #expect(try await database.texts(count) == ["3"])
        }
    }

    @Test("of many at once one wins, and all get its answer")
    func atOnce() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await withAPI(routes(pool)) { (client) async throws -> Void in
                let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                    for _ in 0..<12 { group.addTask { try await Self.post(client, "a", key: "k") } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.status == .created })
                #expect(Set(answers.map(\.text)).count == 1)
                #expect(answers.filter { $0.headers[replayed ?? .accept] == "true" }.count == 11)
            }
            #expect(try await database.texts(count) == ["1"])
        }
    }

    @Test("a key that was used for one resource is refused for another")
    func otherResource() async throws {
        try await PlatformFixture.withService { _, pool in
            try await withAPI(routes(pool)) { (client) async throws -> Void in
                let headers: HTTPFields = [try #require(keyName): "k"]
                func accept(_ digit: Int) async throws -> TestResponse {
                    let uri = "/v1/notes/0193a1b0-0000-7000-8000-00000000000\(digit)/accept"
                    return try await client.send(.post, uri, headers: headers)
                }
                for _ in 0..<2 { #expect(try await accept(1).status == .ok) }
                #expect(try await accept(2).status == .unprocessableContent)
                let missing = try await client.send(.post, "/v1/notes/0193a1b0-0000-7000-8000-000000000001/accept")
                #expect(missing.status == .badRequest)
            }
        }
    }

    @Test("a request that failed left nothing behind, so its key can be used again")
    func failed() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await withAPI(routes(pool)) { (client) async throws -> Void in
                #expect(try await Self.post(client, "fail", key: "k").status == .conflict)
                #expect(try await Self.post(client, "a", key: "k").status == .created)
            }
            #expect(try await database.texts(count) == ["1"])
        }
    }

    @Test(
        "the table holds no body and no key, only what recognises them; the worker login removes old rows of all agencies"
    )
    func storage() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await withAPI(routes(pool)) { (client) async throws -> Void in
                _ = try await Self.post(client, "telltale", key: "telltale")
                _ = try await Self.post(client, "telltale", key: "telltale", as: "southern")
            }
            let rows = try await database.texts(
                Statement("test.rows", "select t::text from matching.idempotency as t")
            )
            #expect(rows.count == 2)
            #expect(rows.allSatisfy { !$0.contains("telltale") })
            // Every column says something: an empty one stands between two commas.
            #expect(rows.allSatisfy { !$0.contains(",,") }, "\(rows)")
            try await database.withPool(login: "peer_matching_worker") { workers in
                let kept = try await workers.query(
                    Statement("test.keep", "delete from idempotency where created_at < now() - interval '1 day'")
                )
                #expect(kept.affected == 0)
                let removed = try await workers.query(
                    Statement("test.purge", "delete from idempotency where created_at < now() + interval '1 day'")
                )
                #expect(removed.affected == 2)
            }
        }
    }
}
