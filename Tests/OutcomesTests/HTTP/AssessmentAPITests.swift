import FoundationEssentials
import HTTPTypes
import Models
import Postgres
import TestKit
import Testing

@testable import Outcomes

/// What the tests read of an assessment.
struct AssessmentSeen: Decodable, Hashable {
    struct Score: Decodable, Hashable {
        var value: Int?
        var absence: String?
        var band: String?
        var cutOffs: [String]
        var missingItems: [String]
    }
    struct Given: Decodable, Hashable {
        var item: String
        var value: Int?
        var code: String?
        var missing: String?
    }
    var assessmentID: AssessmentID
    var participantID: ParticipantID
    var score: Score
    var answers: [Given]?
    var unansweredAlertItems: [String]?
    var safetyTaskIDs: [String]?
    var version: Int
}

enum Questionnaire {
    /// A BARC-10 with the same value everywhere but in the first items, which have one more.
    static func barc10(of participant: UInt32 = 900, value: Int = 4, oneMoreIn items: Int = 7) -> String {
        let answers = (1...10).map { #"{"item":"\#($0)","value":\#(value + ($0 <= items ? 1 : 0))}"# }
        return body("barc-10", participant, answers)
    }

    static func phq9(of participant: UInt32 = 900, itemNine: Int, others: Int = 1) -> String {
        let answers = (1...8).map { #"{"item":"\#($0)","value":\#(others)}"# } + [#"{"item":"9","value":\#(itemNine)}"#]
        return body("phq-9", participant, answers)
    }

    static func body(_ instrument: String, _ participant: UInt32, _ answers: [String]) -> String {
        let id = ParticipantID.number(participant)
        return
            #"{"participantID":"\#(id)","instrument":"\#(instrument)","mode":"interview","answers":[\#(answers.joined(separator: ","))]}"#
    }
}

@Suite("Assessments over HTTP")
struct AssessmentAPITests {
    @Test("recording a questionnaire scores it, keeps the answers, and says so in the same transaction")
    func records() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let answer = try await api.send(.post, "/v1/assessments", as: "peer-1", json: Questionnaire.barc10())
            #expect(answer.status == 201)
            let seen: AssessmentSeen = try answer.json()
            #expect(seen.score.value == 47)
            #expect(seen.score.cutOffs == ["sustained-remission-likely"])
            #expect(seen.answers?.map(\.value) == [5, 5, 5, 5, 5, 5, 5, 4, 4, 4])
            #expect(seen.safetyTaskIDs == [])
            #expect(answer.headers[.location] == "/v1/assessments/\(seen.assessmentID)")
            #expect(answer.headers[.eTag] == "\"1\"")

            let read = try await api.send(.get, "/v1/assessments/\(seen.assessmentID)", as: "peer-1")
            #expect(try read.json(AssessmentSeen.self) == seen)
            let events = try await api.fixture.published(AssessmentRecorded.self)
            #expect(events.map(\.assessmentID) == [seen.assessmentID])
            #expect(events.first?.instrument == "barc-10")
        }
    }

    @Test("an incomplete questionnaire is taken, without a score and with the reason")
    func incomplete() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let body = Questionnaire.body(
                "barc-10", 900, [#"{"item":"1","value":6}"#, #"{"item":"2","missing":"declined"}"#])
            let seen: AssessmentSeen = try await api.send(.post, "/v1/assessments", json: body).json()
            #expect(seen.score.value == nil)
            #expect(seen.score.absence == "incomplete")
            #expect(seen.score.missingItems.count == 9)
            #expect(seen.answers?.prefix(3).map(\.missing) == [nil, "declined", "not-asked"])
        }
    }

    @Test("LOINC answer codes are understood and kept, and an unanswered item 9 is pointed out")
    func codes() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let answers = (1...8).map { #"{"item":"\#($0)","code":"LA6570-1"}"# }
            let seen: AssessmentSeen = try await api.send(
                .post, "/v1/assessments", json: Questionnaire.body("phq-9", 900, answers)
            ).json()
            #expect(seen.score.value == 18)
            #expect(seen.score.band == "moderately-severe")
            #expect(seen.answers?.first == .init(item: "1", value: 2, code: "LA6570-1"))
            #expect(seen.unansweredAlertItems == ["9"])
        }
    }

    @Test("the same key gives the same assessment, another body with it is refused, and nothing is doubled")
    func idempotent() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let body = Questionnaire.phq9(itemNine: 1)
            let first = try await api.send(.post, "/v1/assessments", as: "peer-1", json: body, key: "k1")
            let second = try await api.send(.post, "/v1/assessments", as: "peer-1", json: body, key: "k1")
            #expect(first.status == 201)
            #expect(second.status == 201)
            #expect(try first.json(AssessmentSeen.self) == second.json(AssessmentSeen.self))
            let other = try await api.send(
                .post, "/v1/assessments", as: "peer-1", json: Questionnaire.phq9(itemNine: 2), key: "k1")
            #expect(other.status == 422)
            #expect(other.problem == "idempotency-key-reused")
            #expect(try await api.fixture.number(Self.assessments) == 1)
            #expect(try await api.fixture.number(Self.tasks) == 1)
            #expect(try await api.fixture.published(AssessmentRecorded.self).count == 1)
        }
    }

    @Test("of eight requests at once with one key, one records and all answer with it")
    func atOnce() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let ids = try await withThrowingTaskGroup(of: AssessmentID.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let answer = try await api.send(
                            .post, "/v1/assessments", json: Questionnaire.barc10(), key: "same")
                        return try answer.json(AssessmentSeen.self).assessmentID
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await api.fixture.number(Self.assessments) == 1)
        }
    }

    @Test(
        "what does not fit is refused with pointers",
        arguments: [
            (Questionnaire.body("barc-10", 900, [#"{"item":"11","value":1}"#]), 422, ["/answers/0/item"]),
            (
                Questionnaire.body("barc-10", 900, [#"{"item":"1","value":7}"#, #"{"item":"2"}"#]), 422,
                ["/answers/0/value", "/answers/1"]
            ),
            (Questionnaire.body("audit", 900, []), 422, ["/instrument"]),
            (Questionnaire.barc10().replacing("{\"part", with: "{\"mood\":1,\"part"), 422, ["/mood"]),
            (Questionnaire.barc10().replacing("interview", with: "guess"), 422, ["/mode"]),
            (
                Questionnaire.barc10().replacing("{\"part", with: "{\"answeredAt\":\"2026-11-22T17:00:01Z\",\"part"),
                422, ["/answeredAt"]
            ),
            ("{", 400, []), ("[]", 422, [""]),
        ] as [(String, Int, [String])]
    )
    func refuses(_ body: String, _ status: Int, _ pointers: [String]) async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant()
            let answer = try await api.send(.post, "/v1/assessments", json: body)
            #expect(answer.status == status)
            #expect(Set(pointers).isSubset(of: answer.pointers), "\(answer.text)")
            #expect(try await api.fixture.number(Self.assessments) == 0)
        }
    }

    @Test("a body of more than 64 KiB is refused")
    func tooLarge() async throws {
        try await APIClient.with { api in
            let answer = try await api.send(
                .post, "/v1/assessments", json: #"{"a":"\#(String(repeating: "x", count: 1 << 17))"}"#)
            #expect(answer.status == 413)
        }
    }

    @Test("a list is paged, the newest first, and may be of one instrument")
    func lists() async throws {
        try await APIClient.with { api in
            let participant = try await api.fixture.addParticipant()
            for day in 0..<5 {
                api.fixture.clock.move(to: .noon + .seconds(day * 86_400))
                let body = day == 2 ? Questionnaire.phq9(itemNine: 0) : Questionnaire.barc10(oneMoreIn: day)
                #expect(try await api.send(.post, "/v1/assessments", json: body).status == 201)
            }
            var scores: [Int?] = []
            var uri: String? = "/v1/assessments?participantID=\(participant)&limit=2"
            while let page = uri {
                let list: ListSeen<AssessmentSeen> = try await api.send(.get, page).json()
                #expect(list.items.count <= 2)
                scores += list.items.map(\.score.value)
                uri = list.next.map { "/v1/assessments?participantID=\(participant)&limit=2&cursor=\($0)" }
            }
            #expect(scores == [44, 43, 8, 41, 40])
            let barc: ListSeen<AssessmentSeen> = try await api.send(
                .get, "/v1/assessments?participantID=\(participant)&instrument=phq-9"
            ).json()
            #expect(barc.items.map(\.score.value) == [8])
        }
    }

    @Test("what is due goes away when it is answered")
    func due() async throws {
        struct Seen: Decodable {
            struct Item: Decodable {
                var instrument: String
                var point: String
                var status: String
            }
            var startedOn: CivilDate?
            var items: [Item]
        }
        try await APIClient.with { api in
            let participant = try await api.fixture.addParticipant()
            let before: Seen = try await api.send(.get, "/v1/participants/\(participant)/due", as: "peer-1").json()
            #expect(before.startedOn?.description == "2026-11-22")
            #expect(before.items.filter { $0.status == "due" }.map(\.instrument) == ["barc-10", "phq-9"])
            _ = try await api.send(.post, "/v1/assessments", json: Questionnaire.barc10())
            let after: Seen = try await api.send(.get, "/v1/participants/\(participant)/due", as: "peer-1").json()
            #expect(after.items.filter { $0.status == "due" }.map(\.instrument) == ["phq-9"])
            #expect(after.items.filter { $0.status == "answered" }.map(\.point) == ["intake"])

            _ = try await api.send(
                .post, "/v1/participants/\(participant)/events",
                json: #"{"kind":"died","occurredOn":"2026-11-20","sourceTier":"B"}"#)
            let ended: Seen = try await api.send(.get, "/v1/participants/\(participant)/due").json()
            #expect(ended.startedOn == nil)
            #expect(ended.items.isEmpty)
        }
    }

    static let assessments = Statement("test.assessments", "select count(*) from outcome.assessment")
    static let tasks = Statement("test.tasks", "select count(*) from outcome.safety_task")
}
