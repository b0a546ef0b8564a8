import FoundationEssentials
import HTTPTypes
import Models
import Postgres
import TestKit
import Testing

@testable import Outcomes

@Suite("Safety tasks over HTTP")
struct SafetyTaskAPITests {
    private struct Seen: Decodable {
        var safetyTaskID: String
        var text: String?
        var dueAt: Instant
        var isOverdue: Bool
        var status: String
        var disposition: String?
        var closedBy: String?
        var version: Int
    }

    private static func raise(_ api: APIClient) async throws -> String {
        try await api.fixture.addParticipant()
        let answer = try await api.send(.post, "/v1/assessments", as: "peer-1", json: Questionnaire.phq9(itemNine: 1))
        return try #require(try answer.json(AssessmentSeen.self).safetyTaskIDs?.first)
    }

    @Test("item 9 opens a task for the supervisor, due by the end of the agency's day, with the crisis line")
    func opens() async throws {
        try await APIClient.with { api in
            let id = try await Self.raise(api)
            let list: ListSeen<Seen> = try await api.send(.get, "/v1/safety-tasks").json()
            #expect(list.items.map(\.safetyTaskID) == [id])
            let task = try #require(list.items.first)
            #expect(task.dueAt.description == "2026-11-23T05:00:00Z")
            #expect(task.text?.contains("988") == true)
            #expect(!task.isOverdue)
            api.fixture.clock.move(to: .at("2026-11-23T05:00:01Z"))
            let later: Seen = try await api.send(.get, "/v1/safety-tasks/\(id)").json()
            #expect(later.isOverdue)
        }
    }

    @Test("a task is closed by a disposition and stays as it was closed")
    func closes() async throws {
        try await APIClient.with { api in
            let id = try await Self.raise(api)
            let close = #"{"disposition":"connected-to-988"}"#
            #expect(try await api.send(.post, "/v1/safety-tasks/\(id)/close", json: close).status == 428)
            #expect(try await api.send(.post, "/v1/safety-tasks/\(id)/close", json: close, ifMatch: 9).status == 412)
            #expect(try await api.send(.post, "/v1/safety-tasks/\(id)/close", json: "{}", ifMatch: 1).status == 422)
            let wrong = try await api.send(
                .post, "/v1/safety-tasks/\(id)/close", json: #"{"disposition":"done"}"#, ifMatch: 1)
            #expect(wrong.status == 422)
            #expect(wrong.pointers == ["/disposition"])

            let closed = try await api.send(.post, "/v1/safety-tasks/\(id)/close", json: close, ifMatch: 1, key: "c")
            #expect(closed.status == 200)
            let seen: Seen = try closed.json()
            #expect((seen.status, seen.disposition, seen.closedBy) == ("closed", "connected-to-988", "supervisor"))
            #expect(closed.headers[.eTag] == "\"2\"")
            let repeated = try await api.send(.post, "/v1/safety-tasks/\(id)/close", json: close, ifMatch: 1, key: "c")
            #expect(repeated.status == 200)
            let again = try await api.send(.post, "/v1/safety-tasks/\(id)/close", json: close, ifMatch: 2)
            #expect(again.status == 409)
            #expect(again.problem == "safety-task-closed")
            let open: ListSeen<Seen> = try await api.send(.get, "/v1/safety-tasks").json()
            #expect(open.items.isEmpty)
            let done: ListSeen<Seen> = try await api.send(.get, "/v1/safety-tasks?status=closed").json()
            #expect(done.items.map(\.safetyTaskID) == [id])
        }
    }

    @Test("only supervisors see and close tasks", arguments: ["coordinator", "peer-1", "participant-900", "partner"])
    func supervisorsOnly(_ token: String) async throws {
        try await APIClient.with { api in
            let id = try await Self.raise(api)
            #expect(try await api.send(.get, "/v1/safety-tasks", as: token).status == 403)
            #expect(try await api.send(.get, "/v1/safety-tasks/\(id)", as: token).status == 403)
            let close = try await api.send(
                .post, "/v1/safety-tasks/\(id)/close", as: token, json: #"{"disposition":"connected-to-988"}"#,
                ifMatch: 1)
            #expect(close.status == 403)
        }
    }

    @Test("another agency's supervisor finds no such task")
    func otherAgency() async throws {
        try await APIClient.with { api in
            let id = try await Self.raise(api)
            #expect(try await api.send(.get, "/v1/safety-tasks/\(id)", as: "supervisor@south").status == 404)
            let list: ListSeen<Seen> = try await api.send(.get, "/v1/safety-tasks", as: "supervisor@south").json()
            #expect(list.items.isEmpty)
        }
    }

    @Test("the database itself refuses to close a task without a disposition")
    func databaseHolds() async throws {
        try await APIClient.with { api in
            _ = try await Self.raise(api)
            let refused = await #expect(throws: PostgresError.self) {
                try await api.fixture.work { work in
                    _ = try await work.transaction.execute(Self.closeSilently, work.agencyID)
                }
            }
            #expect(refused?.constraint == "safety_task_closed_with_disposition")
        }
    }

    private static let closeSilently = Statement(
        "test.close_silently", "update outcome.safety_task set status = 'closed' where agency_id = $1")
}
