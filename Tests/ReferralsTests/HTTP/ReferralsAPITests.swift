import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
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

    @Test("the OpenAPI document describes the routes")
    func drift() async throws {
        try await Referring.with { referring in
            let api = ReferralsAPI(
                database: Database(pool: referring.pool, workers: referring.workers), store: referring.store,
                clock: referring.clock.wall
            )
            let document = try Data(contentsOf: URL(filePath: "Services/Referrals/openapi.json"))
            var routes = api.routes
            PartnerServer.addRoutes(to: &routes, for: referring, tokens: try PartnerServer.tokens())
            let differences = try OpenAPIDrift.differences(document: Array(document), routes: routes.declared)
            #expect(differences == [])
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
                guard case .text(let id) = try listed.items().first?["referralID"] else {
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
                        == ["requested", "accepted", "in-progress", "completed"].map { .text($0) })
                #expect(
                    try await referring.topics() == [
                        "consent.changed.v1", "referral.accepted.v1", "referral.closed.v1",
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
                guard case .text(let id) = try listed.items().first?["referralID"],
                    case .text(let person) = try listed.items().first?["participantID"],
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
                guard case .text(let id) = try listed.items().first?["referralID"],
                    case .text(let person) = try listed.items().first?["participantID"]
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

    @Test("who a participant is: the office sees all, the assigned peer name and phone, all others nothing")
    func identity() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let group = ReferralsGroup(store: referring.store)
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            let (id, referralID) = (taken.stored.referral.participantID, taken.stored.referral.referralID)
            let (peer, other) = (PeerID.fixed(5), PeerID.fixed(6))
            try await referring.calling { client in
                let office = try await client.call(.get, "/v1/participants/\(id)")
                #expect(try office["birthDate"] == "1988-02-29")
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)").status == 404)
                let match = MatchAccepted(
                    matchID: .fixed(1), referralID: referralID, participantID: id, peerID: peer, version: 1,
                    kind: .dispatch, setting: .emergencyDepartment, programme: .overdoseFollowUp,
                    acceptedAt: referring.clock.now
                )
                try await referring.work { try await group.handle(match, $0) }
                let assigned = try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)")
                #expect(try assigned["familyName"] == "Quixote")
                #expect(try assigned["birthDate"] == nil)
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(other)").status == 404)
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "participant:\(id)").status == 200)
                #expect(
                    try await client.call(.get, "/v1/participants/\(id)", as: "participant:\(ParticipantID.fixed(1))")
                        .status == 404
                )
                // The loop is closed and the plan runs on: the peer still knows whom to call.
                let plan = PlanStarted(
                    planID: .fixed(7), referralID: referralID, participantID: id, peerID: peer, version: 1,
                    programme: .overdoseFollowUp, programmeVersion: 1, startedOn: referring.clock.now.dateInUTC,
                    startedAt: referring.clock.now
                )
                try await referring.work { try await referring.store.record(plan, in: $0) }
                let close = try await client.call(
                    .post, "/v1/referrals/\(referralID)/close", ifMatch: 3, #"{"reason": "need-met"}"#)
                #expect(close.status == 200)
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)").status == 200)
                let ended = PlanPhaseChanged(
                    planID: .fixed(7), referralID: referralID, participantID: id, version: 2, from: "a", to: "closed",
                    changedAt: referring.clock.now
                )
                try await referring.work { try await referring.store.record(ended, in: $0) }
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)").status == 404)
            }
            let reads = try await referring.look(
                Statement(
                    "test.reads",
                    """
                    select count(*)::bigint from referral.audit_event
                    where operation_id = 'readParticipant' and decision = 'allow' and 'identity' = any (data_classes)
                    """
                ), as: Int.self
            )
            #expect(reads == [4])
        }
    }

    @Test("a consent given later shows the sender more, revoked again less, and each is told or not")
    func consents() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First", webhook: "https://hospital.example/hooks")
            let group = ReferralsGroup(store: referring.store)
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            let (id, referralID) = (taken.stored.referral.participantID, taken.stored.referral.referralID)
            let match = MatchAccepted(
                matchID: .fixed(1), referralID: referralID, participantID: id, peerID: .fixed(5), version: 1,
                kind: .dispatch, setting: .emergencyDepartment, programme: .overdoseFollowUp,
                acceptedAt: referring.clock.now
            )
            try await referring.work { try await group.handle(match, $0) }
            let ids = try #require(taken.senderIDs)
            let location = "/v1/referrals/\(ids.referralID.uuidString)"
            let queued = Statement("test.queued", "select count(*)::bigint from message_table.delivery")
            try await referring.calling { client in
                let partner = "partner:\(hospital)"
                #expect(try await client.call(.get, location, as: partner)["status"] == "accepted")
                #expect(try await referring.look(queued, as: Int.self) == [0], "nothing is told of what is not shown")
                let body = Self.consent.replacing(
                    #"{"kind": "sender"}"#, with: #"{"kind": "partner", "partnerID": "\#(hospital)"}"#)
                let given = try await client.call(.post, "/v1/participants/\(id)/consents", key: "c", body)
                #expect(given.status == 201, "\(given.text)")
                #expect(try given["isActive"] == "true")
                #expect(
                    try await client.call(.post, "/v1/participants/\(id)/consents", key: "c", body).object()
                        == given.object())
                let shown = try await client.call(.get, location, as: partner)
                #expect(try shown["status"] == "in-progress")
                #expect(try shown["version"] == "2")
                #expect(try await referring.look(queued, as: Int.self) == [1])
                let consentID = try #require(try given["consentID"])
                let revoked = try await client.call(.post, "/v1/participants/\(id)/consents/\(consentID)/revoke")
                #expect(try revoked["isActive"] == "false")
                #expect(try await client.call(.get, location, as: partner)["status"] == "accepted")
                #expect(
                    try await referring.look(queued, as: Int.self) == [1], "that something was taken back is not told")
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
                    var seen: [Answer.JSON] = []
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

    @Test("operators register partners and their clients; only public keys are taken")
    func partners() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let body = #"{"name": "General", "kind": "hospital", "webhookURL": "https://hooks.example/x"}"#
                #expect(try await client.call(.post, "/v1/partners", body).status == 403)
                let added = try await client.call(.post, "/v1/partners", as: "operator", body)
                #expect(added.status == 201)
                #expect(try added["webhookSecret"]?.hasPrefix("whsec_") == true)
                let read = try await client.call(.get, try #require(added.location), as: "operator")
                #expect(try read["webhookSecret"] == nil)
                #expect(try await client.call(.post, "/v1/partners", as: "operator", body).status == 409)
                let inward = try await client.call(
                    .post, "/v1/partners", as: "operator",
                    #"{"name": "Bad", "kind": "hospital", "webhookURL": "http://169.254.169.254/"}"#)
                #expect(inward.status == 422)
                let clients = "\(try #require(added.location))/clients"
                let ec = #"{"kty": "EC", "crv": "P-384", "kid": "k", "x": "AA", "y": "AA"}"#
                let made = try await client.call(.post, clients, as: "operator", #"{"jwks": {"keys": [\#(ec)]}}"#)
                #expect(made.status == 201, "\(made.text)")
                let clientID = try #require(try made["clientID"])
                let registry = ClientRegistry(pool: referring.workers)
                #expect(try await registry.client(clientID)?.partnerID.description == (try added["partnerID"]))
                let privateKey =
                    #"{"jwks": {"keys": [{"kty": "EC", "crv": "P-384", "kid": "k", "x": "AA", "y": "AA", "d": "AA"}]}}"#
                let refused = try await client.call(.post, clients, as: "operator", privateKey)
                #expect(refused.status == 422)
                #expect(try refused.pointers() == ["/jwks/keys/0/d"])
                let rotated = try await client.call(
                    .put, "\(clients)/\(clientID)/keys", as: "operator", #"{"jwksURL": "https://keys.example/jwks"}"#)
                #expect(rotated.status == 204)
                #expect(try await registry.client(clientID)?.keys == .url("https://keys.example/jwks"))
                #expect(try await client.call(.post, "\(clients)/\(clientID)/disable", as: "operator").status == 204)
                #expect(try await registry.client(clientID) == nil)
            }
        }
    }

    @Test("an assertion's jti counts once, also at once")
    func replay() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let clientID = try await referring.work {
                try await referring.store.addClient(
                    of: hospital, keys: .url("https://k.example/j"), scopes: ["a"], in: $0)
            }
            let registry = ClientRegistry(pool: referring.workers)
            let client = try #require(try await registry.client(clientID))
            let now = referring.clock.now
            let uses = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...8 {
                    group.addTask {
                        try await registry.use(
                            assertion: "jti-1", of: client, expiringAt: now + .seconds(300), now: now)
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(uses.count { $0 } == 1)
            let later = now + .seconds(301)
            #expect(
                try await registry.use(assertion: "jti-1", of: client, expiringAt: later + .seconds(300), now: later))
        }
    }
}
