import Confidentiality
import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("Deciding about suggestions, over the JSON API") struct SuggestionAPITests {
    private static func suggested(
        _ message: String = VisitDoorTests.visit(),
        _ body: @escaping @Sendable (Referring, PartnerID, _ path: String) async throws -> Void
    ) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.send(hl7: message)
            #expect(answer.status == .ok, "\(answer.text)")
            let id = try await server.referring.look(
                Statement("test.id", "select suggestion_id::text from referral.dispatch_suggestion"), as: String.self)
            try await body(server.referring, hospital.partnerID, "/v1/suggestions/\(try #require(id.first))")
        }
    }

    private static let forgotten = Statement(
        "test.forgotten",
        "select count(*) from referral.dispatch_suggestion where content is null and data_key is null")
    private static let audit = Statement(
        "test.audit",
        """
        select operation_id || ' ' || action || ' ' || cardinality(participant_ids) || ' '
          || array_to_string(data_classes, '+')
        from referral.audit_event where operation_id like '%uggestion%' and decision = 'allow' order by at, audit_id
        """)

    @Test("the list names nobody; opening one does, on record; accepting sends somebody, once")
    func accept() async throws {
        try await Self.suggested { referring, partner, path in
            try await referring.calling { client in
                let listed = try await client.call(.get, "/v1/suggestions")
                let item = try #require(try listed.items().first)
                #expect(item["signs"] == ["icd-10 T40"] && item["partnerID"]?.string == partner.description)
                #expect(!listed.text.contains("Quixote") && item["visit"] == nil)
                let opened = try await client.call(.get, path)
                #expect(opened.text.contains("Quixote") && opened.text.contains("ED, 12, B") && opened.etag == "\"1\"")
                let body = #"{"consentSituation": "agreed"}"#
                let bare = try await client.call(.post, "\(path)/accept", body)
                #expect(bare.status == 428)
                let stale = try await client.call(.post, "\(path)/accept", ifMatch: 7, body)
                #expect(stale.status == 412)
                var accepted: [Answer] = []
                for _ in 0..<2 {
                    accepted.append(try await client.call(.post, "\(path)/accept", ifMatch: 1, key: "k", body))
                }
                #expect(accepted.map(\.status) == [200, 200] && accepted[0].text == accepted[1].text)
                let status = try accepted[0]["status"]
                let situation = try accepted[0]["consentSituation"]
                #expect(status == "accepted" && situation == "agreed" && !accepted[0].text.contains("Quixote"))
                let referralID = try #require(try accepted[0]["referralID"])
                let referral = try await client.call(.get, "/v1/referrals/\(referralID)")
                let (setting, priority) = (try referral["setting"], try referral["priority"])
                #expect(setting == "emergency-department" && priority == "stat", "\(referral.text)")
                let participant = try #require(try referral["participantID"])
                let person = try await client.call(.get, "/v1/participants/\(participant)")
                let family = try person["familyName"]
                #expect(family == "Quixote")
                let again = try await client.call(.post, "\(path)/dismiss", ifMatch: 2, #"{"reason": "left"}"#)
                let type = try again["type"]
                #expect(again.status == 409 && type?.hasSuffix("suggestion-not-open") == true)
                let open = try await client.call(.get, "/v1/suggestions").items()
                let taken = try await client.call(.get, "/v1/suggestions?status=accepted").items()
                #expect(open.isEmpty && taken.count == 1)
            }
            #expect(try await referring.look(Self.forgotten, as: Int.self) == [1])
            #expect(try await referring.topics() == ["referral.accepted.v1"])
            let audited = try await referring.look(Self.audit, as: String.self)
            #expect(
                audited == [
                    "listSuggestions search 0 referral", "readSuggestion read 0 identity+location+referral",
                    "acceptSuggestion create 1 presence+referral", "acceptSuggestion create 1 presence+referral",
                    "listSuggestions search 0 referral", "listSuggestions search 0 referral",
                ])
        }
    }

    @Test("whoever may not be told where somebody is, is told who they are and no place")
    func place() {
        let visit = SuggestedVisit(person: .jane, location: "ED, 12, B")
        func shown(_ classes: Set<DataClass>) -> SuggestedVisitView {
            SuggestedVisitView(visit, within: .office(of: AgencyID(rawValue: UUID()), classes: classes))
        }
        let (without, with) = (shown([.identity]), shown([.identity, .location]))
        #expect(without.location == nil && without.familyName != nil)
        #expect(with.location == "ED, 12, B")
    }

    @Test("dismissing sends nobody, says why by a code, and forgets whom it was about")
    func dismiss() async throws {
        try await Self.suggested { referring, _, path in
            try await referring.calling { client in
                let unheard = try await client.call(.post, "\(path)/dismiss", ifMatch: 1, #"{"reason": "she said no"}"#)
                #expect(unheard.status == 422)
                let dismissed = try await client.call(
                    .post, "\(path)/dismiss", as: "supervisor", ifMatch: 1, #"{"reason": "declined"}"#)
                let (reason, by) = (try dismissed["dismissal"], try dismissed["decidedBy"])
                #expect(dismissed.status == 200 && reason == "declined" && by == "supervisor")
                let opened = try await client.call(.get, path)
                #expect(opened.status == 200 && !opened.text.contains("Quixote"))
            }
            #expect(try await referring.look(Self.forgotten, as: Int.self) == [1])
            #expect(try await referring.topics().isEmpty)
        }
    }

    @Test("of somebody who has left, whoever accepts says where the support begins")
    func left() async throws {
        try await Self.suggested(VisitDoorTests.visit("A03")) { referring, _, path in
            try await referring.calling { client in
                let bare = try await client.call(
                    .post, "\(path)/accept", ifMatch: 1, #"{"consentSituation": "to-be-asked"}"#)
                let pointers = try bare.pointers()
                #expect(bare.status == 422 && pointers == ["/setting"])
                let said = try await client.call(
                    .post, "\(path)/accept", ifMatch: 1,
                    #"{"consentSituation": "to-be-asked", "setting": "street-outreach", "priority": "routine"}"#)
                #expect(said.status == 200, "\(said.text)")
            }
        }
    }

    @Test("after its time it is neither shown nor accepted, also before that is written down")
    func late() async throws {
        try await Self.suggested { referring, _, path in
            referring.clock.advance(by: .seconds(86_400))
            try await referring.calling { client in
                let listed = try await client.call(.get, "/v1/suggestions").items()
                let opened = try await client.call(.get, path)
                let status = try opened["status"]
                #expect(listed.isEmpty && status == "expired" && !opened.text.contains("Quixote"))
                let accepted = try await client.call(
                    .post, "\(path)/accept", ifMatch: 1, #"{"consentSituation": "agreed"}"#)
                #expect(accepted.status == 409)
            }
            #expect(try await referring.topics().isEmpty)
        }
    }

    @Test(
        "only the office decides",
        arguments: ["operator", "peer:0193a1b0-0000-7000-8000-000000000001", "privacy-officer"])
    func others(_ role: String) async throws {
        try await Self.suggested { referring, _, path in
            try await referring.calling { client in
                for (method, uri, body) in [
                    (.get, "/v1/suggestions", nil), (.get, path, nil),
                    (.post, "\(path)/accept", #"{"consentSituation": "agreed"}"#),
                    (.post, "\(path)/dismiss", #"{"reason": "left"}"#),
                ] as [(HTTPRequest.Method, String, String?)] {
                    let answer = try await client.call(method, uri, as: role, ifMatch: 1, body)
                    #expect(answer.status == 403, "\(uri)")
                }
            }
        }
    }
}
