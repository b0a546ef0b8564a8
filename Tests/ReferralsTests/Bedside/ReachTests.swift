import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("How somebody can be reached")
struct ReachTests {
    private static let plan = """
        {"safePhone": "201-555-0199", "safeHours": "after six", "mayLeaveMessage": true,
         "contactPersons": [{"name": "Zebulon Quartermaine", "relation": "sibling", "phone": "(201) 555-0142",
           "mayLeaveMessage": true, "knowsOfSupport": false}],
         "places": [{"kind": "shelter", "text": "Harbour shelter, mornings"}]}
        """

    private static func supported(_ referring: Referring) async throws -> (
        path: String, id: ParticipantID, peer: String
    ) {
        let id = try await referring.participant()
        try await referring.fixture("update referral.engagement set peer_id = '\(PeerID.fixed(77))'")
        return ("/v1/participants/\(id)/reach", id, "peer:\(PeerID.fixed(77))")
    }

    @Test("numbers are numbers, words are short, and no more people and places than anybody would look for")
    func faults() throws {
        let catalogue = try BedsideCatalogue.standard()
        func pointers(_ plan: ReachPlan) -> [String] { plan.faults(catalogue).map(\.pointer) }
        let person = ReachPlan.ContactPerson(
            name: "Ann", relation: "friend", phone: "201-555-0142", mayLeaveMessage: false, knowsOfSupport: true)
        #expect(pointers(ReachPlan()) == [])
        #expect(pointers(ReachPlan(contactPersons: Array(repeating: person, count: 5))) == [])
        #expect(pointers(ReachPlan(contactPersons: Array(repeating: person, count: 6))) == ["/contactPersons"])
        #expect(pointers(ReachPlan(safePhone: "at the bar")) == ["/safePhone"])
        #expect(pointers(ReachPlan(safeHours: " ")) == ["/safeHours"])
        #expect(pointers(ReachPlan(mayLeaveMessage: true)) == ["/mayLeaveMessage"], "where?")
        let wrong = ReachPlan.ContactPerson(
            name: String(repeating: "x", count: 101), relation: "boss of bosses", phone: "12", mayLeaveMessage: false,
            knowsOfSupport: false)
        #expect(
            pointers(ReachPlan(contactPersons: [person, wrong])) == [
                "/contactPersons/1/name", "/contactPersons/1/relation", "/contactPersons/1/phone",
            ])
        let long = ReachPlan.Place(kind: "shelter", text: String(repeating: "x", count: 201))
        #expect(pointers(ReachPlan(places: [long])) == ["/places/0/text"])
        #expect(pointers(ReachPlan(places: [.init(kind: "moon", text: "x")])) == ["/places/0/kind"])
        #expect(
            [0, 1, 2, 3].map { ReachPlan(contactPersons: Array(repeating: person, count: $0)) }
                .map { $0.missingContactPersons(catalogue) } == [2, 1, 0, 0])
    }

    @Test(
        "the person, their peer and the office write one plan together; it says how many are missing; others reach nothing"
    )
    func together() async throws {
        try await Referring.with { referring in
            let (path, id, peer) = try await Self.supported(referring)
            let own = "participant:\(id)"
            let hospital = try await referring.hospital("Elsewhere")
            try await referring.calling { client in
                #expect(try await client.call(.get, path, as: own).status == 404)
                let first = try await client.call(.put, path, as: own, Self.plan)
                #expect(first.status == 200 && first.etag == "\"1\"", "\(first.text)")
                #expect(try first["missingContactPersons"] == "1")
                #expect(try await client.call(.get, path, as: peer).text == first.text)
                #expect(try first.object()["contactPersons"]?.items.first?["phone"]?.string == "+12015550142")
                #expect(try await client.call(.put, path, as: peer, "{}").status == 428)
                #expect(try await client.call(.put, path, as: peer, ifMatch: 9, "{}").status == 412)
                let wrong = try await client.call(.put, path, as: peer, ifMatch: 1, #"{"safePhone": "x"}"#)
                #expect(try wrong.pointers() == ["/safePhone"])
                let second = try await client.call(.put, path, as: peer, ifMatch: 1, "{}")
                #expect(try second["missingContactPersons"] == "2")
                #expect(try second["mayLeaveMessage"] == "false", "what nobody allowed is not allowed")
                #expect(try await client.call(.put, path, ifMatch: 2, Self.plan).status == 200)
                let record = try await client.call(.get, "/v1/participants/\(id)/record", as: own)
                #expect(try record.object()["reach"]?["contactPersons"]?.items.count == 1)
                let printed = try await client.call(.get, "/v1/participants/\(id)/record/page", as: own)
                #expect(printed.text.contains("Zebulon Quartermaine, +12015550142"))
                for token in ["peer:\(PeerID.fixed(78))", "participant:\(ParticipantID.fixed(9))"] {
                    #expect(try await client.call(.get, path, as: token).status == 404, "\(token)")
                    #expect(try await client.call(.put, path, as: token, "{}").status == 404, "\(token)")
                }
                for token in ["partner:\(hospital)", "privacy-officer", "operator"] {
                    #expect(try await client.call(.get, path, as: token).status == 403, "\(token)")
                }
                let hidden = try await client.call(
                    .post, "/v1/participants/\(id)/restrictions", as: "supervisor",
                    #"{"recipient": {"kind": "person", "value": "coordinator"}, "classes": ["location"]}"#)
                let restriction = try #require(try hidden["restrictionID"])
                _ = try await client.call(
                    .post, "/v1/participants/\(id)/restrictions/\(restriction)/agree", as: "supervisor", ifMatch: 1,
                    "{}")
                let narrow = try await client.call(.get, path)
                #expect(narrow.status == 200 && !narrow.text.contains("Harbour"), "\(narrow.text)")
                #expect(try await client.call(.put, path, ifMatch: 3, Self.plan).status == 403)
                #expect(try await client.call(.put, path, ifMatch: 3, "{}").status == 200)
                #expect(try await client.call(.get, path, as: own).text.contains("Harbour"), "it is not taken away")
            }
        }
    }

    @Test("no row, message or audit row names a contact person in clear, and an erasure drops the plan")
    func sealed() async throws {
        try await Referring.with { referring in
            let (path, id, _) = try await Self.supported(referring)
            try await referring.calling { client in
                #expect(try await client.call(.put, path, Self.plan).status == 200)
                _ = try await client.call(.get, path)
                let tables = try await referring.look(
                    Statement(
                        "test.tables",
                        """
                        select format('%I.%I', schemaname, tablename) from pg_tables
                        where schemaname in ('referral', 'message_table', 'handrail')
                        """), as: String.self)
                #expect(tables.contains("referral.reach_plan") && tables.contains("referral.audit_event"))
                // A bytea is written in hexadecimal; what is sealed reads as nothing in either form.
                let union = tables.map {
                    """
                    select '\($0)' as place from \($0) as t
                    where t::text ~* 'zebulon|quartermaine|5550142|harbour|5a6562756c6f6e|486172626f7572'
                    """
                }.joined(separator: " union all ")
                try await referring.fixture("create table public.leak as \(union)")
                let leaks = try await referring.look(
                    Statement("test.leaks", "select place from public.leak"), as: String.self)
                #expect(leaks.isEmpty, "\(leaks)")
                try await referring.fixture("update referral.engagement set closed_at = now()")
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(id, in: work)
                    try await referring.store.erase(person, by: "privacy-officer", in: work)
                }
                #expect(try await client.call(.get, path).status == 404)
                #expect(try await client.call(.put, path, Self.plan).status == 409)
            }
            let left = try await referring.look(
                Statement("test.left", "select count(*)::bigint from referral.reach_plan"), as: Int.self)
            #expect(left == [0])
        }
    }

    @Test("of two ids of one person the latest plan counts under both; taken apart again, each has their own")
    func merged() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let (rosa, carmen) = (
                two.rosa.stored.referral.participantID, two.carmen.stored.referral.participantID
            )
            try await referring.calling { client in
                func reach(_ id: ParticipantID) -> String { "/v1/participants/\(id)/reach" }
                func hours(_ id: ParticipantID) async throws -> String? {
                    try await client.call(.get, reach(id))["safeHours"]
                }
                _ = try await client.call(.put, reach(carmen), #"{"safeHours": "mornings"}"#)
                referring.clock.advance(by: .seconds(60))
                _ = try await client.call(.put, reach(rosa), #"{"safeHours": "evenings"}"#)
                try await referring.merge(rosa, into: carmen)
                #expect(try await hours(carmen) == "evenings")
                #expect(try await hours(rosa) == "evenings")
                referring.clock.advance(by: .seconds(60))
                let changed = try await client.call(.put, reach(rosa), ifMatch: 1, #"{"safeHours": "never"}"#)
                #expect(try changed["version"] == "2", "\(changed.text)")
                #expect(try await hours(carmen) == "never")
                try await referring.unmerge(rosa)
                #expect(try await hours(rosa) == "evenings")
                #expect(try await hours(carmen) == "never")
            }
        }
    }

    @Test("of several who write at once on the same version one does")
    func race() async throws {
        try await Referring.with { referring in
            let (path, _, _) = try await Self.supported(referring)
            try await referring.calling { client in
                for (version, refused) in [(nil, 428), (1, 412)] as [(Int?, Int)] {
                    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                        for number in 1...5 {
                            group.addTask {
                                try await client.call(
                                    .put, path, ifMatch: version, #"{"safeHours": "after \#(number)"}"#
                                ).status
                            }
                        }
                        return try await group.reduce(into: [Int]()) { $0.append($1) }
                    }
                    #expect(statuses.sorted() == [200] + Array(repeating: refused, count: 4))
                }
            }
        }
    }
}
