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

@Suite("Linkages over HTTP")
struct LinkageAPITests {
    /// A participant, the peer who supports them, and the tokens of both.
    private static func supported(_ referring: Referring) async throws -> (id: ParticipantID, peer: String, own: String)
    {
        let id = try await referring.participant()
        let peer = PeerID.fixed(77)
        try await referring.fixture("update referral.engagement set peer_id = '\(peer)'")
        return (id, "peer:\(peer)", "participant:\(id)")
    }

    @Test("from a need over an offer, an admission and thirty days to a need that is met; each step once")
    func loop() async throws {
        try await Referring.with { referring in
            let (id, peer, own) = try await Self.supported(referring)
            try await referring.calling { client in
                let needs = "/v1/participants/\(id)/needs"
                let body = #"{"kind": "medication-treatment", "note": "wants the injection"}"#
                let need = try await client.call(.post, needs, as: peer, key: "n", body)
                #expect(need.status == 201, "\(need.text)")
                #expect(try await client.call(.post, needs, as: peer, key: "n", body).text == need.text)
                let offers = "/v1/needs/\(try #require(try need["needID"]))/linkages"
                let offer = #"{"service": "buprenorphine-extended-release", "level": 3, "provider": "Hill clinic"}"#
                let offered = try await client.call(.post, offers, as: peer, key: "o", offer)
                #expect(offered.status == 201, "\(offered.text)")
                let one = "/v1/linkages/\(try #require(try offered["linkageID"]))"
                #expect(offered.location == one)
                func step(_ verb: String, _ version: Int, _ json: String = "{}") async throws -> Answer {
                    try await client.call(
                        .post, "\(one)/\(verb)", as: peer, ifMatch: version, key: "\(verb)-\(version)", json)
                }
                #expect(try await client.call(.post, "\(one)/contact", as: peer, "{}").status == 428)
                #expect(try await step("contact", 1)["status"] == "contacted")
                #expect(try await step("contact", 1)["version"] == "2", "the same again")
                #expect(try await step("admit", 1).status == 412)
                let refused = try await step("meet-need", 2)
                #expect(refused.status == 409 && refused.text.contains("contacted: meet-need"), "\(refused.text)")
                #expect(try await step("admit", 2)["status"] == "admitted")
                let early = try await step("check", 3, #"{"days": 7, "answer": "sustained"}"#)
                #expect(early.status == 409 && early.text.contains("not-due"))
                referring.clock.advance(by: .seconds(31 * 86_400))
                let due = "/v1/linkages?due=checks"
                #expect(try await client.call(.get, due, as: peer).items().isEmpty, "no message came yet")
                let linkageID = try #require(try offered["linkageID"].flatMap { LinkageID($0) })
                try await referring.work {
                    try await referring.store.record(LinkageCheckDue(linkageID: linkageID, dueAt: $0.now), in: $0)
                }
                for token in [peer, "coordinator"] {
                    let listed = try await client.call(.get, due, as: token).items()
                    #expect(listed.map { $0["days"]?.integer } == [7, 30])
                    #expect(listed.first?["version"]?.integer == 3)
                }
                let first = try await client.call(.get, "\(due)&limit=1", as: peer)
                let next = try #require(try first["next"])
                let second = try await client.call(.get, "\(due)&limit=1&cursor=\(next)", as: peer)
                #expect(try second.items().map { $0["days"]?.integer } == [30])
                #expect(try await client.call(.get, due, as: "peer:\(PeerID.fixed(78))").items().isEmpty)
                let sustained = try await step("check", 3, #"{"days": 30, "answer": "sustained"}"#)
                #expect(try sustained["status"] == "sustained")
                #expect(try sustained["sustainedDays"] == "30")
                #expect(try await client.call(.get, due).items().isEmpty)
                #expect(try await step("meet-need", 4)["status"] == "need-met")
                let closed = try #require(try await client.call(.get, needs, as: own).items().first)
                #expect(closed["outcome"]?.string == "met" && closed["metBy"]?.string == linkageID.description)
                #expect(closed["note"]?.string == "wants the injection")
                let history = try await client.call(.get, "\(one)/history", as: own).items()
                #expect(
                    history.map { $0["status"]?.string } == [
                        "offered", "contacted", "admitted", "sustained", "need-met",
                    ])
                let record = try await client.call(.get, "/v1/participants/\(id)/record", as: own)
                #expect(record.text.contains("Hill clinic") && record.text.contains("need-met"))
                let page = try await client.call(.get, "/v1/participants/\(id)/record/page", as: own)
                #expect(page.text.contains("Buprenorphine, extended release"))
            }
        }
    }

    @Test("peers reach those whom they support, participants themselves, partners nothing; justice is not for peers")
    func reach() async throws {
        try await Referring.with { referring in
            let (id, peer, own) = try await Self.supported(referring)
            let stranger = "peer:\(PeerID.fixed(78))"
            let hospital = try await referring.hospital("Elsewhere")
            try await referring.calling { client in
                let needs = "/v1/participants/\(id)/needs"
                let legal = #"{"kind": "legal-barrier"}"#
                #expect(try await client.call(.post, needs, as: peer, legal).status == 404)
                #expect(try await client.call(.post, needs, as: own, legal).status == 403)
                #expect(try await client.call(.post, needs, as: stranger, #"{"kind": "phone"}"#).status == 404)
                let need = try await client.call(.post, needs, legal)
                let offers = "/v1/needs/\(try #require(try need["needID"]))/linkages"
                let offer = #"{"service": "expungement", "level": 2}"#
                #expect(try await client.call(.post, offers, as: peer, offer).status == 404)
                let offered = try await client.call(.post, offers, offer)
                let one = "/v1/linkages/\(try #require(try offered["linkageID"]))"
                let lists = [needs, "/v1/participants/\(id)/linkages"]
                for path in lists {
                    #expect(try await client.call(.get, path, as: peer).items().isEmpty, "\(path)")
                    #expect(try await client.call(.get, path, as: own).items().count == 1, "\(path)")
                    #expect(try await client.call(.get, path, as: "supervisor").items().count == 1, "\(path)")
                    #expect(try await client.call(.get, path, as: stranger).status == 404, "\(path)")
                    #expect(try await client.call(.get, path, as: "partner:\(hospital)").status == 403, "\(path)")
                    #expect(
                        try await client.call(.get, path, as: "participant:\(ParticipantID.fixed(9))").status == 404)
                }
                #expect(try await client.call(.get, one, as: peer).status == 404)
                #expect(try await client.call(.get, one, as: own).status == 200)
                #expect(
                    try await client.call(.post, "\(one)/withdraw", as: peer, ifMatch: 1, "{}").status == 404)
                // Somebody whom the person asked to be kept out.
                let restrictions = "/v1/participants/\(id)/restrictions"
                let asked = try await client.call(
                    .post, restrictions, as: "supervisor",
                    #"{"recipient": {"kind": "person", "value": "coordinator"}, "classes": ["justice"]}"#)
                let restriction = try #require(try asked["restrictionID"])
                _ = try await client.call(
                    .post, "\(restrictions)/\(restriction)/agree", as: "supervisor", ifMatch: 1, "{}")
                #expect(try await client.call(.get, one).status == 404)
                #expect(try await client.call(.get, one, as: "supervisor").status == 200)
            }
            let told = try await referring.look(
                Statement(
                    "test.audit",
                    """
                    select distinct array_to_string(data_classes, ',') from referral.audit_event
                    where operation_id in ('readLinkage', 'offerLinkage') and decision = 'allow'
                    """), as: String.self)
            #expect(told == ["justice,presence"], "what was told is on record, and no more")
        }
    }

    @Test(
        "what is refused says by whom and why; a place that is full is flagged in the directory, and asked again later")
    func refused() async throws {
        try await Referring.with { referring in
            let (id, peer, _) = try await Self.supported(referring)
            try await referring.calling { client in
                _ = try await client.call(.post, DirectoryImportTests.guide, DirectoryImportTests.feed(0..<1))
                let search = "\(DirectorySearchTests.search)?near=40,-75"
                let entry = try #require(try await client.call(.get, search).items().first?["entryID"]?.string)
                let need = try await client.call(
                    .post, "/v1/participants/\(id)/needs", as: peer, #"{"kind": "mutual-aid"}"#)
                let offers = "/v1/needs/\(try #require(try need["needID"]))/linkages"
                let wrong = try await client.call(
                    .post, offers, as: peer, #"{"service": "methadone", "level": 1, "ride": null}"#)
                #expect(try wrong.pointers() == ["/service"], "\(wrong.text)")
                let nowhere = #"{"service": "mutual-aid", "level": 1, "entryID": "\#(NeedID.fixed(1))"}"#
                #expect(try await client.call(.post, offers, as: peer, nowhere).pointers() == ["/entryID"])
                let offered = try await client.call(
                    .post, offers, as: peer, #"{"service": "mutual-aid", "level": 1, "entryID": "\#(entry)"}"#)
                let one = "/v1/linkages/\(try #require(try offered["linkageID"]))"
                let why = try await client.call(
                    .post, "\(one)/refuse", as: peer, ifMatch: 1, #"{"reason": "because"}"#)
                #expect(try why.pointers() == ["/reason"])
                let full = try await client.call(
                    .post, "\(one)/refuse", as: peer, ifMatch: 1, #"{"reason": "at-capacity"}"#)
                #expect(try full["refusedBy"] == "service")
                #expect(try full["refusal"] == "at-capacity")
                let flags = try await client.call(.get, "/v1/directory/flags").items()
                #expect(flags.map { $0["reason"]?.string } == ["full"])
                let again = try await client.call(.post, "\(one)/contact", as: peer, ifMatch: 2, "{}")
                #expect(try again["status"] == "contacted")
                #expect(try again["refusal"] == nil)
                let went = try await client.call(
                    .post, "\(one)/attend", as: peer, ifMatch: 3, #"{"startedAt": "2027-01-01T00:00:00Z"}"#)
                #expect(try went.pointers() == ["/startedAt"])
            }
        }
    }

    @Test("a ride is reserved from its fund, paid for what it cost after somebody was driven, or given back")
    func ride() async throws {
        try await Referring.with { referring in
            let (id, peer, _) = try await Self.supported(referring)
            let fund = try await referring.fund(10_000, person: 3000)
            try await referring.calling { client in
                let need = try await client.call(
                    .post, "/v1/participants/\(id)/needs", as: peer, #"{"kind": "transport"}"#)
                let offers = "/v1/needs/\(try #require(try need["needID"]))/linkages"
                func book(_ cents: Int) async throws -> Answer {
                    try await client.call(
                        .post, offers, as: peer,
                        """
                        {"service": "ride", "level": 2, "ride": {"purpose": "treatment", "mode": "ride-hail",
                         "pickUpFrom": "2026-11-23T09:00:00Z", "pickUpUntil": "2026-11-23T09:30:00Z",
                         "costCents": \(cents), "fundID": "\(fund)", "appointmentID": "\(AppointmentID.fixed(5))"}}
                        """)
                }
                #expect(
                    try await client.call(.post, offers, as: peer, #"{"service": "ride", "level": 1}"#).pointers()
                        == ["/ride"])
                let (first, second) = (try await book(1800), try await book(1200))
                #expect(first.status == 201, "\(first.text)")
                #expect(second.status == 201, "\(second.text)")
                let over = try await book(1)
                #expect(over.status == 409 && over.text.contains("fund-person-cap"), "\(over.text)")
                #expect(try await client.call(.get, "/v1/funds/\(fund)")["leftCents"] == "7000")
                func end(_ booked: Answer, _ verb: String, _ json: String = "{}") async throws -> JSONValue? {
                    let path = "/v1/linkages/\(try #require(try booked["linkageID"]))/\(verb)"
                    return try await client.call(.post, path, as: peer, ifMatch: 1, json).object()["ride"]
                }
                #expect(try await end(first, "attend")?["outcome"]?.string == "completed")
                #expect(try await end(second, "refuse", #"{"reason": "no-show"}"#)?["outcome"]?.string == "no-show")
                #expect(try await client.call(.get, "/v1/funds/\(fund)")["leftCents"] == "8200")
                let list = "/v1/participants/\(id)/spendings"
                let all = try await client.call(.get, list, as: peer).items()
                #expect(Set(all.map { $0["status"]?.string }) == ["released", "reserved"] && all.count == 2)
                let driven = try #require(all.first { $0["status"]?.string == "reserved" })
                let one = "/v1/spendings/\(try #require(driven["spendingID"]?.string))/spend"
                let paid = try await client.call(.post, one, ifMatch: 1, #"{"amountCents": 1650, "hasReceipt": true}"#)
                #expect(paid.status == 200, "\(paid.text)")
                #expect(try await client.call(.get, "/v1/funds/\(fund)")["leftCents"] == "8350")
                let spent = try await client.call(.get, list, as: peer).items()
                #expect(Set(spent.map { $0["status"]?.string }) == ["released", "spent"] && spent.count == 2)
            }
        }
    }

    @Test("money is reserved once, spent for what it cost with the rest given back, and released")
    func money() async throws {
        try await Referring.with { referring in
            let (id, peer, own) = try await Self.supported(referring)
            try await referring.calling { client in
                let open =
                    #"{"name": "Clothes", "amountCents": 9000, "personCapCents": 5000, "kinds": [{"kind": "clothing"}], "startsOn": "2026-01-01", "endsOn": "2026-12-31"}"#
                #expect(try await client.call(.post, "/v1/funds", as: peer, open).status == 403)
                let fund = try await client.call(.post, "/v1/funds", as: "supervisor", key: "f", open)
                #expect(fund.status == 201, "\(fund.text)")
                #expect(try await client.call(.post, "/v1/funds", as: "supervisor", open).pointers() == ["/name"])
                let fundID = try #require(try fund["fundID"])
                let path = "/v1/participants/\(id)/spendings"
                let body = #"{"fundID": "\#(fundID)", "kind": "clothing", "form": "material", "amountCents": 4000}"#
                let reserved = try await client.call(.post, path, as: peer, key: "s", body)
                #expect(reserved.status == 201, "\(reserved.text)")
                #expect(try await client.call(.post, path, as: peer, key: "s", body).text == reserved.text)
                let over = try await client.call(.post, path, as: peer, key: "t", body)
                #expect(over.status == 409 && over.text.contains("fund-person-cap"))
                let one = "/v1/spendings/\(try #require(try reserved["spendingID"]))"
                #expect(try await client.call(.post, "\(one)/spend", as: peer, ifMatch: 1, "{}").status == 403)
                let more = try await client.call(.post, "\(one)/spend", ifMatch: 1, #"{"amountCents": 4001}"#)
                #expect(more.status == 409 && more.text.contains("more-than-reserved"))
                let spent = try await client.call(
                    .post, "\(one)/spend", ifMatch: 1, #"{"amountCents": 3500, "hasReceipt": true}"#)
                #expect(try spent["status"] == "spent")
                #expect(try await client.call(.get, "/v1/funds/\(fundID)")["committedCents"] == "3500")
                #expect(try await client.call(.post, "\(one)/spend", ifMatch: 2, "{}").status == 409)
                #expect(try await client.call(.post, "\(one)/release", ifMatch: 2, "{}")["amountCents"] == "0")
                #expect(try await client.call(.get, "/v1/funds/\(fundID)")["leftCents"] == "9000")
                #expect(try await client.call(.get, path, as: own).items().count == 1)
                for _ in 0..<2 {
                    let closed = try await client.call(
                        .post, "/v1/funds/\(fundID)/close", as: "supervisor", ifMatch: 1, key: "close", "{}")
                    #expect(closed.status == 200, "\(closed.text)")
                }
                let nowhere = body.replacing(fundID, with: "\(FundID.fixed(9))")
                #expect(try await client.call(.post, path, as: peer, nowhere).pointers() == ["/fundID"])
                #expect(try await client.call(.post, path, as: peer, key: "u", body).text.contains("fund-closed"))
            }
        }
    }

    @Test("coverage is written down once, ends, and does not overlap")
    func coverage() async throws {
        try await Referring.with { referring in
            let (id, peer, own) = try await Self.supported(referring)
            try await referring.calling { client in
                let path = "/v1/participants/\(id)/coverages"
                let span = #"{"programme": "medicaid", "planCode": "PSC-1", "from": "2026-01-01"}"#
                let first = try await client.call(.post, path, as: peer, key: "c", span)
                #expect(first.status == 201, "\(first.text)")
                #expect(try await client.call(.post, path, as: peer, key: "c", span).text == first.text)
                let next = #"{"programme": "medicaid", "from": "2026-07-01"}"#
                #expect(try await client.call(.post, path, as: peer, key: "d", next).status == 409)
                let one = "/v1/coverages/\(try #require(try first["coverageID"]))/end"
                #expect(
                    try await client.call(.post, one, as: peer, ifMatch: 1, #"{"through": "2025-12-31"}"#).pointers()
                        == ["/through"])
                #expect(
                    try await client.call(.post, one, as: peer, ifMatch: 1, #"{"through": "2026-06-30"}"#).status == 200
                )
                #expect(try await client.call(.post, path, as: peer, key: "e", next).status == 201)
                let all = try await client.call(.get, path, as: own).items()
                #expect(all.map { $0["through"]?.string } == ["2026-06-30", nil])
                let named = try await client.call(
                    .post, path, as: peer, #"{"programme": "snap", "planCode": "Jane Doe", "from": "2026-01-01"}"#)
                #expect(try named.pointers() == ["/planCode"])
            }
        }
    }

    @Test("naloxone is handed out and given, to somebody or to nobody who is known")
    func naloxone() async throws {
        try await Referring.with { referring in
            let (id, peer, own) = try await Self.supported(referring)
            try await referring.calling { client in
                let kits = "/v1/naloxone/kits"
                func kit(_ more: String) -> String {
                    #"{"givenOn": "2026-11-20", "product": "nasal-4mg", "refill": "first", "# + more + "}"
                }
                let anonymous = kit(#""recipient": "anonymous", "training": ["recognise", "call"], "lot": "AB-1""#)
                let first = try await client.call(.post, kits, as: peer, key: "k", anonymous)
                #expect(first.status == 201, "\(first.text)")
                #expect(try await client.call(.post, kits, as: peer, key: "k", anonymous).text == first.text)
                let named = kit(#""recipient": "participant", "participantID": "\#(id)""#)
                #expect(try await client.call(.post, kits, as: peer, named).status == 201)
                #expect(try await client.call(.post, kits, as: "peer:\(PeerID.fixed(78))", named).status == 404)
                let reversals = "/v1/naloxone/reversals"
                let reversal = #"{"happenedOn": "2026-11-21", "place": "street", "doses": 2, "givenBy": "bystander"}"#
                #expect(try await client.call(.post, reversals, as: peer, reversal).status == 201)
                let wrong = #"{"happenedOn": "2026-11-29", "place": "by Jane", "doses": 0, "givenBy": "x"}"#
                #expect(
                    try await client.call(.post, reversals, as: peer, wrong).pointers() == [
                        "/happenedOn", "/place", "/doses", "/givenBy",
                    ])
                #expect(try await client.call(.get, kits, as: peer).status == 403)
                #expect(try await client.call(.get, kits).items().count == 2)
                #expect(try await client.call(.get, reversals).items().first?["doses"]?.integer == 2)
                let first1 = try await client.call(.get, "\(kits)?limit=1")
                let rest = try await client.call(.get, "\(kits)?limit=1&cursor=\(try #require(try first1["next"]))")
                #expect(try first1.items().count == 1 && rest.items().count == 1)
                #expect(try first1.items() != rest.items())

                let given = reversal.replacing(#""doses""#, with: #""participantID": "\#(id)", "doses""#)
                #expect(try await client.call(.post, reversals, as: peer, given).status == 201)
                let record = try await client.call(.get, "/v1/participants/\(id)/record", as: own).object()
                #expect(record["naloxoneKits"]?.items.map { $0["participantID"]?.string } == [id.description])
                #expect(record["reversals"]?.items.map { $0["participantID"]?.string } == [id.description])
                let page = try await client.call(.get, "/v1/participants/\(id)/record/page", as: own)
                #expect(page.text.contains("Nasal spray, 4 mg") && page.text.contains("The street or a park"))
                // Somebody whom the person asked to be kept out of it.
                let restrictions = "/v1/participants/\(id)/restrictions"
                let asked = try await client.call(
                    .post, restrictions, as: "supervisor",
                    #"{"recipient": {"kind": "person", "value": "coordinator"}, "classes": ["medication"]}"#)
                let restriction = try #require(try asked["restrictionID"])
                _ = try await client.call(
                    .post, "\(restrictions)/\(restriction)/agree", as: "supervisor", ifMatch: 1, "{}")
                let kept = try await client.call(.get, "/v1/participants/\(id)/record").object()
                #expect(kept["naloxoneKits"]?.items.isEmpty == true && kept["reversals"]?.items.isEmpty == true)
            }
        }
    }
}
