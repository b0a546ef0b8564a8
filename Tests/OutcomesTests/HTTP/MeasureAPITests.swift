import FoundationEssentials
import HTTPTypes
import Models
import Postgres
import TestKit
import Testing

@testable import Outcomes

@Suite("Measures over HTTP")
struct MeasureAPITests {
    private struct Summary: Decodable {
        struct Part: Decodable {
            var code: String
            var denominator: Int?
            var numerator: Int?
            var rate: Double?
            var notYetObserved: Int?
            var exclusions: [String: Int]?
            var isSuppressed: Bool?
        }
        var measure: String
        var version: Int
        var parts: [Part]
    }

    private static let window = "from=2026-11-01&to=2026-11-30"

    @Test("measures are listed with their definitions and versions")
    func lists() async throws {
        struct Definition: Decodable {
            var id: String
            var version: Int
            var description: String
            var sourceTier: String
        }
        try await APIClient.with { api in
            let list: ListSeen<Definition> = try await api.send(.get, "/v1/measures", as: "coordinator").json()
            #expect(list.items.count == 8)
            #expect(list.items.allSatisfy { $0.version == 1 && !$0.description.isEmpty })
        }
    }

    @Test("a measure counts what happened, and what is too early to say apart")
    func runs() async throws {
        try await APIClient.with { api in
            try await api.fixture.addParticipant(900)
            try await api.fixture.addParticipant(901)
            try await api.fixture.deliver([
                .init(ContactRecorded.fixture(1, participant: 900, at: .noon + .seconds(3600)))
            ])
            let uri = "/v1/measures/referral-to-first-contact?\(Self.window)"
            api.fixture.clock.move(to: .noon + .seconds(7200))
            let early: Summary = try await api.send(.get, uri, as: "coordinator").json()
            #expect(early.parts.map(\.denominator) == [0, 0])
            #expect(early.parts.map(\.notYetObserved) == [2, 2])
            api.fixture.clock.move(to: .noon + .seconds(3 * 86_400))
            let later: Summary = try await api.send(.get, uri, as: "coordinator").json()
            #expect(later.parts.map(\.denominator) == [2, 0])
            #expect(later.parts.map(\.numerator) == [1, 0])
            #expect(later.parts.first?.rate == 0.5)
            // As of the earlier instant it is still what it was.
            let then: Summary = try await api.send(.get, "\(uri)&as_of=2026-11-22T19:00:00Z").json()
            #expect(then.parts.map(\.denominator) == [0, 0])
        }
    }

    @Test("ids of those counted are for supervisors, and a shared report shows no small group")
    func views() async throws {
        struct Detail: Decodable {
            struct Part: Decodable { var denominator: [String] }
            var parts: [Part]
        }
        try await APIClient.with { api in
            try await api.fixture.addParticipant(900)
            api.fixture.clock.move(to: .noon + .seconds(9 * 86_400))
            let uri = "/v1/measures/referral-to-first-contact?\(Self.window)"
            let detail: Detail = try await api.send(.get, "\(uri)&view=detail").json()
            #expect(detail.parts.first?.denominator == [ReferralID.number(900).description])
            #expect(try await api.send(.get, "\(uri)&view=detail", as: "coordinator").status == 403)
            let shared = try await api.send(.get, "\(uri)&view=shared", as: "coordinator")
            #expect(!shared.text.contains(ReferralID.number(900).description))
            let part = try #require(try shared.json(Summary.self).parts.first)
            #expect(part.isSuppressed == true)
            #expect((part.denominator, part.numerator, part.rate) == (nil, nil, nil))
        }
    }

    @Test(
        "what cannot be computed is refused with the parameter's name",
        arguments: [
            ("", ["from"]), ("from=2026-01-01", ["to"]), ("from=2026-02-01&to=2026-01-31", ["to"]),
            ("from=2026-02-30&to=2026-03-01", ["from"]), ("from=2016-01-01&to=2026-01-01", ["to"]),
            ("\(window)&as_of=2026-11-22T17:00:01Z", ["as_of"]), ("\(window)&as_of=yesterday", ["as_of"]),
            ("\(window)&view=all", ["view"]), ("from=2026-01-01&\(window)", ["from"]),
        ] as [(String, [String])]
    )
    func refuses(_ query: String, _ pointers: [String]) async throws {
        try await APIClient.with { api in
            let answer = try await api.send(.get, "/v1/measures/engagement?\(query)")
            #expect(answer.status == 422)
            #expect(answer.pointers == pointers)
        }
    }

    @Test("an unknown measure or instrument is not there, and peers have no measures")
    func refusals() async throws {
        try await APIClient.with { api in
            let measure = try await api.send(.get, "/v1/measures/happiness?\(Self.window)")
            #expect(measure.status == 404)
            let instrument = try await api.send(.get, "/v1/instruments/audit")
            #expect(instrument.status == 404)
            let peer = try await api.send(.get, "/v1/measures", as: "peer-1")
            #expect(peer.status == 403)
        }
    }

    @Test("an instrument is given out with its notice, items and cut-offs")
    func instruments() async throws {
        struct Listed: Decodable { var code: String }
        struct Seen: Decodable {
            struct Item: Decodable { var text: String }
            var code: String
            var notice: String
            var items: [Item]
        }
        try await APIClient.with { api in
            let list: ListSeen<Listed> = try await api.send(.get, "/v1/instruments", as: "peer-1").json()
            #expect(list.items.map(\.code) == ["barc-10", "phq-9"])
            let phq: Seen = try await api.send(.get, "/v1/instruments/phq-9", as: "participant-900").json()
            #expect(phq.items.count == 10)
            #expect(phq.notice.contains("No permission required"))
            #expect(try await api.send(.get, "/v1/instruments/phq-9?version=1").status == 200)
            #expect(try await api.send(.get, "/v1/instruments/phq-9?version=2").status == 404)
        }
    }
}
