import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Medical emergencies (42 CFR 2.51)")
struct EmergencyAPITests {
    static func body(_ whom: String) -> String {
        """
        {\(whom), "recipientName": "Dr. Ada Byron", "recipientAffiliation": "Mercy Hospital, emergency department",
         "nature": "found unresponsive, suspected overdose"}
        """
    }

    static let jane = #""person": {"givenName": "Dulcinea", "familyName": "Quixote", "birthDate": "1988-02-29"}"#

    private static let told = Statement(
        "test.told",
        """
        select concat_ws(' ', basis, recipient_partner_id is not null, recipient, data_classes, purpose)
        from referral.disclosure
        order by at, disclosure_id
        """
    )

    private static let broken = Statement(
        "test.broken",
        "select count(*)::bigint from referral.audit_event where break_glass and decision = 'allow' and action = 'create'"
    )

    @Test("a hospital that never referred the person is told what treats them, on record, and accounted for")
    func byHospital() async throws {
        try await Referring.with { referring in
            let (first, mercy) = (try await referring.hospital("First"), try await referring.hospital("Mercy"))
            _ = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: first), in: $0)
            }
            try await referring.calling { client in
                let partner = "partner:\(mercy)"
                let told = try await client.call(.post, "/v1/emergencies", as: partner, Self.body(Self.jane))
                #expect(told.status == 201, "\(told.text)")
                #expect(try told["familyName"] == "Quixote")
                #expect(try told.object()["address"] == nil, "no more than treats the person")
                let location = try #require(told.location)
                #expect(try await client.call(.get, location, as: partner).status == 200)
                #expect(
                    try await client.call(.get, location, as: "partner:\(first)").status == 404, "not its emergency")
                referring.clock.advance(by: .seconds(3601))
                #expect(try await client.call(.get, location, as: partner).status == 404, "it is over")
                #expect(try await client.call(.get, location, as: "coordinator").status == 403)
            }
            #expect(try await referring.look(Self.broken, as: Int.self) == [1])
            let told = try await referring.look(Self.told, as: String.self)
            #expect(told.count == 2)
            #expect(told.allSatisfy { $0.hasPrefix("emergency t Dr. Ada Byron, Mercy Hospital") })
            #expect(told.allSatisfy { $0.hasSuffix("ETREAT") })
        }
    }

    @Test("the same request again is the same emergency: documented once, and told again as long as it lasts")
    func again() async throws {
        try await Referring.with { referring in
            let mercy = try await referring.hospital("Mercy")
            _ = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: mercy), in: $0)
            }
            try await referring.calling { client in
                let partner = "partner:\(mercy)"
                func declare(_ body: String) async throws -> Answer {
                    try await client.call(.post, "/v1/emergencies", as: partner, key: "bed-7", body)
                }
                let (first, second) = (try await declare(Self.body(Self.jane)), try await declare(Self.body(Self.jane)))
                #expect(first.status == 201 && second.status == 201, "\(second.text)")
                #expect(first.location == second.location)
                let other = Self.body(Self.jane).replacing("unresponsive", with: "asleep")
                #expect(try await declare(other).status == 422)
                referring.clock.advance(by: .seconds(3601))
                #expect(try await declare(Self.body(Self.jane)).status == 404, "it is over")
            }
            #expect(try await referring.look(Self.broken, as: Int.self) == [1])
        }
    }

    static let missing: [(String, String)] = [
        ("recipientName", #"{"recipientName": " ", "recipientAffiliation": "Mercy", "nature": "overdose"}"#),
        ("recipientAffiliation", #"{"recipientName": "Dr. B", "recipientAffiliation": "", "nature": "overdose"}"#),
        ("nature", #"{"recipientName": "Dr. B", "recipientAffiliation": "Mercy", "nature": "x"}"#),
    ]

    @Test("without one of the four things nothing is told and nothing is documented", arguments: missing)
    func incomplete(_ property: String, _ body: String) async throws {
        try await Referring.with { referring in
            let mercy = try await referring.hospital("Mercy")
            try await referring.calling { client in
                let refused = try await client.call(.post, "/v1/emergencies", as: "partner:\(mercy)", body)
                #expect(refused.status == 422)
                #expect(try refused.pointers() == ["/\(property)"])
            }
            #expect(try await referring.look(Self.told, as: String.self) == [])
        }
    }

    @Test("to a court, and about somebody who is not there, the answer is the same: nothing, and on record")
    func others() async throws {
        try await Referring.with { referring in
            let (mercy, court) = (
                try await referring.hospital("Mercy"), try await referring.hospital("Court", kind: .court)
            )
            _ = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: mercy), in: $0)
            }
            try await referring.calling { client in
                let toCourt = try await client.call(
                    .post, "/v1/emergencies", as: "partner:\(court)", Self.body(Self.jane))
                let aboutNobody = try await client.call(
                    .post, "/v1/emergencies", as: "partner:\(mercy)",
                    Self.body(Self.jane.replacing("Quixote", with: "Panza")))
                #expect(toCourt.status == 404 && aboutNobody.status == 404)
                #expect(try toCourt["type"] == aboutNobody["type"])
            }
            let denied = Statement(
                "test.denied", "select reason from referral.audit_event where decision = 'deny' order by at")
            #expect(try await referring.look(denied, as: String.self) == ["emergency", "hidden"])
            #expect(try await referring.look(Self.told, as: String.self) == [])
        }
    }

    @Test("whoever guesses at names is slowed down")
    func guessing() async throws {
        try await Referring.with { referring in
            let mercy = try await referring.hospital("Mercy")
            try await referring.calling { client in
                var statuses: [Int] = []
                for number in 0..<12 {
                    let person = Self.jane.replacing("Quixote", with: "Guess\(number)")
                    statuses.append(
                        try await client.call(.post, "/v1/emergencies", as: "partner:\(mercy)", Self.body(person))
                            .status)
                }
                #expect(statuses == Array(repeating: 404, count: 10) + [429, 429])
            }
        }
    }

    @Test("the privacy office hears of it at once, looks at it once, and what it is told names nobody")
    func review() async throws {
        try await Referring.with { referring in
            let mercy = try await referring.hospital("Mercy")
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: mercy), in: $0)
            }
            let id = taken.stored.referral.participantID
            try await referring.calling { client in
                let office = try await client.call(
                    .put, "/v1/privacy-office", as: "operator", #"{"webhookURL": "https://office.example/hooks"}"#)
                #expect(try office["webhookSecret"]?.hasPrefix("whsec_") == true)
                let whom = #""participantID": "\#(id)""#
                #expect(
                    try await client.call(.post, "/v1/emergencies", as: "supervisor", Self.body(whom)).status == 201)
                let queued = Statement(
                    "test.queued", "select concat_ws(' ', partner, kind, payload) from message_table.delivery")
                let words = try await referring.look(queued, as: String.self)
                #expect(words.count == 1 && words[0].hasPrefix("privacy-office emergency-declared"))
                #expect(!words[0].contains(id.description) && !words[0].contains("Quixote"))

                #expect(try await client.call(.get, "/v1/emergencies", as: "supervisor").status == 403)
                let list = try await client.call(.get, "/v1/emergencies", as: "privacy-officer").items()
                let open = try #require(list.first)
                #expect(list.count == 1 && open["nature"]?.string == "found unresponsive, suspected overdose")
                let path = "/v1/emergencies/\(try #require(open["emergencyID"]?.string))/review"
                let found = #"{"outcome": "not-justified", "note": "nobody called"}"#
                let reviewed = try await client.call(.post, path, as: "privacy-officer", ifMatch: 1, found)
                #expect(try reviewed["outcome"] == "not-justified")
                #expect(try reviewed["reviewNote"] == "nobody called")
                #expect(try await client.call(.post, path, as: "privacy-officer", ifMatch: 2, found).status == 412)
                #expect(try await client.call(.get, "/v1/emergencies", as: "privacy-officer").items().isEmpty)
            }
        }
    }
}
