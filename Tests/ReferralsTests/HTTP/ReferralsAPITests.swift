import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("The JSON API")
struct ReferralsAPITests {
    static let least = #"{"setting": "emergency-department", "priority": "stat"}"#
    static func whole(_ family: String = "Quixote") -> String {
        """
        {"setting": "primary-care", "priority": "routine", "programme": "overdose-follow-up", "callback": "Desk 7",
         "languages": ["es", "en-US"], "peerGenderWish": "female", "takesMedication": true, "placerIdentifier": "A-1",
         "person": {"givenName": "Dulcinea", "familyName": "\(family)", "birthDate": "1988-02-29", "phone": "609-555-0143",
          "identifiers": [{"value": "MRN-1"}, {"system": "urn:oid:1.2", "value": "77"}]},
         "consent": \(consent)}
        """
    }
    static let consent = """
        {"discloser": "The agency", "information": ["referral"], "recipient": {"kind": "sender"}, "purpose": "treatment",
         "explainsRevocation": true, "expiryEvent": "end of the support", "signedBy": "participant",
         "signatureMethod": "electronic", "signedAt": "2026-11-22T08:59:00Z"}
        """

    @Test("the OpenAPI document describes the routes, and every route says what it discloses")
    func drift() async throws {
        try await Referring.with { referring in
            let api = ReferralsAPI(
                database: Database(pool: referring.pool, workers: referring.workers), store: referring.store,
                clock: referring.clock.wall, residences: try .standard()
            )
            let document = try Data(contentsOf: URL(filePath: "Services/Referrals/openapi.json"))
            var routes = api.routes
            PartnerServer.addRoutes(to: &routes, for: referring, tokens: try PartnerServer.tokens())
            PartnerServer.addAccountRoutes(to: &routes, for: referring, tokens: try PartnerServer.tokens())
            let differences = try OpenAPIDrift.differences(document: Array(document), routes: routes.declared)
            #expect(differences == [])

            // Adding a route to these is a decision: every other one says what it discloses.
            let silent = Set(routes.declared.filter(\.discloses.isEmpty).map(\.operationID))
            #expect(
                silent == [
                    "renewKeys", "announceConsents", "addPartner", "readPartner", "disablePartner", "addPartnerClient",
                    "rotatePartnerClient", "disablePartnerClient", "setPartnerWebhook", "rotatePartnerWebhookSecret",
                    "setPartnerMail",
                    "fhirCapabilities", "smartConfiguration",
                    "fhirSMARTConfiguration", "tokenKeys", "grantToken", "setPrivacyOffice", "setDutyDesk",
                    "readPrivacyNotice",
                    "fhirSMARTConfiguration", "tokenKeys", "grantToken", "signIn", "refreshSession", "signOut",
                    "changePassword", "enrolSecondFactor", "confirmSecondFactor", "listAccounts", "resetAccount",
                    "disableAccount", "listSessions", "revokeSession", "importDirectoryFeed", "listDirectoryFeeds",
                    "listDirectoryImports", "readDirectoryImport", "searchDirectory", "hsdsBase",
                    "hsdsServices", "hsdsService", "exportMeetingGuide", "flagDirectoryEntry", "listDirectoryFlags",
                    "assureDirectoryEntry", "importReferrals", "readResidenceCodes", "listResidences",
                    "searchResidences",
                    "addResidence", "readResidence", "changeResidence", "confirmResidence", "addBed", "changeBed",
                    "readOutsideServer", "saveOutsideServer", "readBedsideCatalogue", "readLinkageCatalogue",
                    "listFunds", "openFund",
                    "readFund",
                    "closeFund", "changeFund", "listFundSpendings",
                    "listCapacity", "stateCapacity",
                    "fhirSearchHealthcareServices", "fhirReadHealthcareService", "fhirCreateSubscription",
                    "fhirSearchSubscriptions", "fhirReadSubscription", "fhirUpdateSubscription",
                    "fhirDeleteSubscription",
                    "fhirSubscriptionStatus",
                    // The card follows from what the EHR sends; nothing about anybody is looked up.
                    "listHookServices", "callHookService", "takeHookFeedback", "listHookFeedback",
                    "listHookServicesPreflight", "callHookServicePreflight", "takeHookFeedbackPreflight",
                ])
        }
    }

    @Test("a person's referrals are one list under all of their ids, page by page, for the agency's people only")
    func ofOnePerson() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            var sent: [ReferralID] = []
            for _ in 0..<3 {
                sent.append(try await referring.refer(.jane, from: hospital).stored.referral.referralID)
            }
            let jane = try #require(
                try await referring.look(
                    Statement("test.jane", "select distinct participant_id from referral.referral"),
                    as: ParticipantID.self
                ).first)
            _ = try await referring.refer(RecognitionTests.rosa, from: hospital)
            let expected = sent.sorted().reversed().map(\.description)
            try await referring.calling { client in
                let first = try await client.call(.get, "/v1/referrals?participantID=\(jane)&limit=2")
                let cursor = try #require(try first["next"])
                let second = try await client.call(
                    .get, "/v1/referrals?participantID=\(jane)&limit=2&cursor=\(cursor)")
                let listed = try (first.items() + second.items()).map { $0["referralID"]?.string }
                #expect(listed == expected)
                let nobody = ParticipantID(rawValue: UUID())
                #expect(try await client.call(.get, "/v1/referrals?participantID=\(nobody)").status == 404)
                for query in ["participantID=\(jane)&status=accepted", "participantID=\(jane)&awaiting=closing"] {
                    #expect(try await client.call(.get, "/v1/referrals?\(query)").status == 422)
                }
                let asPartner = try await client.call(
                    .get, "/v1/referrals?participantID=\(jane)", as: "partner:\(hospital)")
                #expect(asPartner.status == 422)
            }
        }
    }

    @Test("setting and priority are enough; an emergency is accepted at once")
    func least() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First", policy: .review)
            try await referring.calling { client in
                let answer = try await client.call(.post, "/v1/referrals", as: "partner:\(hospital)", Self.least)
                #expect(answer.status == 201 && answer.etag == "\"1\"")
                #expect(try answer["status"] == "accepted")
                let read = try await client.call(.get, try #require(answer.location), as: "partner:\(hospital)")
                #expect(read.status == 200)
                #expect(try read.object() == answer.object())
            }
        }
    }

    @Test("the whole loop: taken in, reviewed, worked on, closed; the sender sees it move under its consent")
    func loop() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First", policy: .review)
            let group = ReferralsGroup(store: referring.store)
            try await referring.calling { client in
                let partner = "partner:\(hospital)"
                let sent = try await client.call(.post, "/v1/referrals", as: partner, Self.whole())
                #expect(sent.status == 201)
                #expect(try sent["status"] == "requested")
                let listed = try await client.call(.get, "/v1/referrals?status=requested")
                guard case .string(let id) = try listed.items().first?["referralID"] else {
                    Issue.record("not listed")
                    return
                }
                #expect(try sent["referralID"] != id, "the sender has an id of its own")
                let accepted = try await client.call(.post, "/v1/referrals/\(id)/accept", ifMatch: 1)
                #expect(accepted.status == 200)
                #expect(try accepted["status"] == "accepted")
                let referralID = try #require(ReferralID(id))
                let participantID = try #require(ParticipantID(try accepted["participantID"] ?? ""))
                let match = MatchAccepted(
                    matchID: .fixed(1), referralID: referralID, participantID: participantID, peerID: .fixed(5),
                    version: 1, kind: .proposal, setting: .primaryCare, programme: .overdoseFollowUp,
                    acceptedAt: referring.clock.now
                )
                try await referring.work { try await group.handle(match, $0) }
                let location = try #require(sent.location)
                #expect(try await client.call(.get, location, as: partner)["status"] == "in-progress")
                let stale = try await client.call(
                    .post, "/v1/referrals/\(id)/close", ifMatch: 2, #"{"reason": "need-met"}"#)
                #expect(stale.status == 412)
                let closed = try await client.call(
                    .post, "/v1/referrals/\(id)/close", ifMatch: 3, #"{"reason": "need-met"}"#)
                #expect(closed.status == 200)
                let seen = try await client.call(.get, location, as: partner)
                #expect(try seen["status"] == "completed")
                #expect(try seen["closingReason"] == "need-met")
                #expect(try seen["redisclosureNotice"]?.contains("42 CFR part 2") == true)
                let history = try await client.call(.get, "/v1/referrals/\(id)/history")
                #expect(
                    try history.items().compactMap { $0["to"] }
                        == ["requested", "accepted", "in-progress", "completed"].map { .string($0) })
                #expect(
                    try await referring.topics() == [
                        "consent.changed.v2", "referral.accepted.v1", "referral.closed.v1",
                    ]
                )
            }
        }
    }

    @Test("without a consent the sender sees accepted, with the same version and time, whatever happens")
    func bare() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let group = ReferralsGroup(store: referring.store)
            try await referring.calling { client in
                let sent = try await client.call(.post, "/v1/referrals", as: "partner:\(hospital)", Self.least)
                let listed = try await client.call(.get, "/v1/referrals")
                guard case .string(let id) = try listed.items().first?["referralID"],
                    case .string(let person) = try listed.items().first?["participantID"],
                    let referralID = ReferralID(id), let participantID = ParticipantID(person)
                else {
                    Issue.record("not listed")
                    return
                }
                referring.clock.advance(by: .seconds(60))
                let match = MatchAccepted(
                    matchID: .fixed(1), referralID: referralID, participantID: participantID, peerID: .fixed(5),
                    version: 1, kind: .dispatch, setting: .emergencyDepartment, programme: .overdoseFollowUp,
                    acceptedAt: referring.clock.now
                )
                try await referring.work { try await group.handle(match, $0) }
                referring.clock.advance(by: .seconds(60))
                let version = try await client.call(.get, "/v1/referrals/\(id)")["version"].flatMap { Int($0) }
                _ = try await client.call(
                    .post, "/v1/referrals/\(id)/close", ifMatch: version, #"{"reason": "died", "note": "At home."}"#)
                let seen = try await client.call(.get, try #require(sent.location), as: "partner:\(hospital)")
                #expect(seen.etag == sent.etag)
                #expect(try seen.object() == sent.object())
                #expect(try await client.call(.get, "/v1/referrals/\(id)")["status"] == "failed")
                let completed = try await client.call(.get, "/v1/referrals?status=failed", as: "partner:\(hospital)")
                #expect(try completed.items().isEmpty)
            }
        }
    }

    @Test("another partner, another agency: nothing is here, and the refusal is on record")
    func hidden() async throws {
        try await Referring.with { referring in
            let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
            let other = AgencyID(rawValue: UUID())
            try await referring.addAgency(other)
            try await referring.calling { client in
                let sent = try await client.call(.post, "/v1/referrals", as: "partner:\(first)", Self.least)
                let location = try #require(sent.location)
                #expect(try await client.call(.get, location, as: "partner:\(second)").status == 404)
                #expect(try await client.call(.get, "/v1/referrals", as: "partner:\(second)").items().isEmpty)
                let listed = try await client.call(.get, "/v1/referrals")
                guard case .string(let id) = try listed.items().first?["referralID"],
                    case .string(let person) = try listed.items().first?["participantID"]
                else {
                    Issue.record("not listed")
                    return
                }
                // The agency's own ids are no ids of a partner's, not even of the one that sent it.
                #expect(try await client.call(.get, "/v1/referrals/\(id)", as: "partner:\(first)").status == 404)
                #expect(try await client.call(.get, "/v1/referrals/\(id)", as: "other:\(other)").status == 404)
                #expect(try await client.call(.get, "/v1/participants/\(person)", as: "other:\(other)").status == 404)
                let cancel = try await client.call(
                    .post, "\(location)/cancel", as: "partner:\(second)", ifMatch: 1, #"{"reason": "x"}"#)
                #expect(cancel.status == 404)
                #expect(try await client.call(.get, "/v1/participants/\(person)", as: "partner:\(first)").status == 403)
            }
            let denials = try await referring.look(
                Statement("test.denials", "select reason from referral.audit_event where decision = 'deny'"),
                as: String.self
            )
            #expect(denials.count >= 5)
        }
    }

    @Test("the same key, and the same placer identifier, answer with the same referral; another body is refused")
    func idempotent() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            try await referring.calling { client in
                let partner = "partner:\(hospital)"
                let first = try await client.call(.post, "/v1/referrals", as: partner, key: "k1", Self.whole())
                let again = try await client.call(.post, "/v1/referrals", as: partner, key: "k1", Self.whole())
                #expect(first.status == 201 && again.status == 201)
                #expect(try first.object() == again.object())
                let byPlacer = try await client.call(.post, "/v1/referrals", as: partner, key: "k2", Self.whole())
                #expect(byPlacer.status == 201)
                #expect(try byPlacer.object() == first.object())
                let otherBody = try await client.call(.post, "/v1/referrals", as: partner, key: "k3", Self.least)
                let reused = try await client.call(.post, "/v1/referrals", as: partner, key: "k3", Self.least + " ")
                #expect(otherBody.status == 201 && reused.status == 422)
                let otherOrder = Self.whole().replacing("routine", with: "urgent")
                #expect(try await client.call(.post, "/v1/referrals", as: partner, otherOrder).status == 409)
                #expect(try await client.call(.get, "/v1/referrals").items().count == 2)
            }
        }
    }

    @Test(
        "bad bodies are refused with pointers, and nothing is stored",
        arguments: [
            ("{", 400, []),
            (#"{"priority": "stat"}"#, 422, ["/setting"]),
            (#"{"setting": "moon", "priority": "stat"}"#, 422, ["/setting"]),
            (#"{"setting": "jail", "priority": "now"}"#, 422, ["/priority"]),
            (#"{"setting": "jail", "priority": "stat", "colour": "red"}"#, 422, ["/colour"]),
            (
                #"{"setting": "jail", "priority": "stat", "person": {"birthDate": "1988-02-30"}}"#, 422,
                ["/person/birthDate"]
            ),
            (
                #"{"setting": "jail", "priority": "stat", "person": {"birthDate": "2999-01-01"}}"#, 422,
                ["/person/birthDate"]
            ),
            (
                #"{"setting": "jail", "priority": "stat", "partnerID": "00000000-0000-0000-0000-000000000001"}"#, 422,
                ["/partnerID"]
            ),
            (
                #"{"setting": "jail", "priority": "stat", "consent": {"discloser": " ", "information": [], "recipient": {"kind": "sender"}, "purpose": "treatment", "explainsRevocation": false, "signedBy": "participant", "signatureMethod": "paper", "signedAt": "2026-11-01T00:00:00Z"}}"#,
                422, ["/consent/discloser", "/consent/information", "/consent/explainsRevocation"]
            ),
        ] as [(String, Int, [String])])
    func badBodies(_ body: String, _ status: Int, _ pointers: [String]) async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            try await referring.calling { client in
                let answer = try await client.call(.post, "/v1/referrals", as: "partner:\(hospital)", body)
                #expect(answer.status == status, "\(answer.text)")
                #expect(try answer.pointers() == pointers)
                #expect(try await client.call(.get, "/v1/referrals").items().isEmpty)
            }
        }
    }

    @Test("lists come in pages: the office's from the latest, a partner's as shown, without gaps or repeats")
    func pages() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            try await referring.calling { client in
                for _ in 1...7 {
                    referring.clock.advance(by: .seconds(1))
                    _ = try await client.call(.post, "/v1/referrals", as: "partner:\(hospital)", Self.least)
                }
                for token in ["coordinator", "partner:\(hospital)"] {
                    var seen: [JSONValue] = []
                    var path = "/v1/referrals?limit=3"
                    for _ in 1...3 {
                        let page = try await client.call(.get, path, as: token)
                        #expect(page.status == 200, "\(page.text)")
                        seen += try page.items().compactMap { $0["receivedAt"] }
                        guard let next = try page["next"] else { break }
                        path = "/v1/referrals?limit=3&cursor=\(next)"
                    }
                    let times = seen.map { "\($0)" }
                    #expect(times.count == 7 && Set(times).count == 7)
                    #expect(times == (token == "coordinator" ? times.sorted().reversed() : times.sorted()))
                }
                #expect(try await client.call(.get, "/v1/referrals?cursor=nonsense").status == 422)
                #expect(try await client.call(.get, "/v1/referrals?status=nonsense").status == 422)
            }
        }
    }
}
