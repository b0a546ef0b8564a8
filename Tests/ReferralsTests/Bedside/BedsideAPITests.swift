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

@Suite("The bedside over HTTP")
struct BedsideAPITests {
    /// Somebody whom a hospital referred after an overdose, the peer who was sent, and where the bedside is written down.
    static func referred(
        _ referring: Referring, peer: PeerID = .fixed(77)
    ) async throws -> (taken: TakenIn, peer: String, path: String) {
        let hospital = try await referring.hospital("Hospital \(referring.store.ids.uuid())")
        let taken = try await referring.refer(.jane, from: hospital)
        try await referring.fixture("update referral.engagement set peer_id = '\(peer)'")
        return (taken, "peer:\(peer)", "/v1/referrals/\(taken.stored.referral.referralID)/bedside")
    }

    static let whole = """
        {"overdoseAt": "2026-11-22T07:10:00Z", "arrivedInHospitalAt": "2026-11-22T07:40:00Z",
         "naloxoneBy": ["bystander", "ems"], "minutesAtBedside": 35, "medicationStarted": "buprenorphine",
         "naloxoneKitGiven": true, "disposition": "home", "nextContactOn": "2026-11-24"}
        """

    @Test("a peer writes down what is known and later more; each version stays, with who wrote it; the person reads it")
    func written() async throws {
        try await Referring.with { referring in
            let (taken, peer, path) = try await Self.referred(referring)
            let id = taken.stored.referral.participantID
            let group = ReferralsGroup(store: referring.store)
            for (version, step) in [(1, DispatchStep.arrived), (2, .ended)] {
                let progress = DispatchProgressed(
                    matchID: .fixed(1), referralID: taken.stored.referral.referralID, participantID: id,
                    peerID: .fixed(77), version: version, step: step,
                    outcome: step == .ended ? .seenAccepted : nil,
                    at: referring.clock.now + .seconds(version * 1800))
                try await referring.work { try await group.handle(progress, $0) }
            }
            try await referring.calling { client in
                #expect(try await client.call(.get, path, as: peer).status == 404, "nothing is written yet")
                let first = try await client.call(.put, path, as: peer, #"{"disposition": "unknown"}"#)
                #expect(first.status == 200 && first.etag == "\"1\"", "\(first.text)")
                #expect(try await client.call(.put, path, as: peer, Self.whole).status == 428)
                #expect(try await client.call(.put, path, as: peer, ifMatch: 7, Self.whole).status == 412)
                let second = try await client.call(.put, path, ifMatch: 1, Self.whole)
                #expect(second.status == 200, "\(second.text)")
                let shown = try await client.call(.get, path, as: peer)
                #expect(shown.text == second.text && shown.etag == "\"2\"")
                #expect(try shown.object()["naloxoneBy"]?.items.map(\.string) == ["bystander", "ems"])
                #expect(try shown["naloxoneKitGiven"] == "true")
                #expect(try shown["peerArrivedAt"] == "2026-11-22T09:30:00Z")
                #expect(try shown["visitEndedAt"] == "2026-11-22T10:00:00Z")
                let record = try await client.call(.get, "/v1/participants/\(id)/record", as: "participant:\(id)")
                let own = try record.object()["bedside"]?.items.first
                #expect(own?["medicationStarted"]?.string == "buprenorphine", "\(record.text)")
                #expect(own?["minutesAtBedside"]?.integer == 35)
                let page = try await client.call(
                    .get, "/v1/participants/\(id)/record/page", as: "participant:\(id)")
                #expect(page.text.contains("A bystander, Emergency medical services"), "in words")
            }
            let history = try await referring.look(
                Statement(
                    "test.history",
                    """
                    select version || ' ' || recorded_by || ' ' || disposition
                    from referral.bedside_visit order by version
                    """), as: String.self)
            #expect(history == ["1 peer unknown", "2 coordinator home"])
        }
    }

    @Test("times out of order, in the future, and codes of no list are refused with where they stand")
    func refused() async throws {
        try await Referring.with { referring in
            let (_, peer, path) = try await Self.referred(referring)
            try await referring.calling { client in
                let wrong = try await client.call(
                    .put, path, as: peer,
                    """
                    {"overdoseAt": "2026-11-22T08:00:00Z", "arrivedInHospitalAt": "2026-11-22T07:40:00Z",
                     "minutesAtBedside": 5000, "naloxoneBy": ["a friend"], "statusAtEightWeeks": "lost"}
                    """)
                #expect(wrong.status == 422)
                #expect(
                    try wrong.pointers() == [
                        "/overdoseAt", "/minutesAtBedside", "/naloxoneBy", "/statusAtEightWeeksAt",
                    ])
                let later = try await client.call(
                    .put, path, as: peer, #"{"arrivedInHospitalAt": "2026-11-22T09:00:01Z"}"#)
                #expect(try later.pointers() == ["/arrivedInHospitalAt"])
                #expect(try await client.call(.get, path, as: peer).status == 404)
            }
        }
    }

    @Test("custody is not for peers: they neither write it nor read it, and cannot take it away; others reach nothing")
    func classes() async throws {
        try await Referring.with { referring in
            let (taken, peer, path) = try await Self.referred(referring)
            let id = taken.stored.referral.participantID
            let hospital = try await referring.hospital("Elsewhere")
            try await referring.calling { client in
                let jail = #"{"disposition": "jail", "minutesAtBedside": 10}"#
                #expect(try await client.call(.put, path, as: peer, jail).status == 403)
                #expect(try await client.call(.put, path, jail).status == 200)
                let shown = try await client.call(.get, path, as: peer)
                #expect(try shown["disposition"] == nil)
                #expect(try shown["minutesAtBedside"] == "10")
                let changed = try await client.call(.put, path, as: peer, ifMatch: 1, #"{"minutesAtBedside": 20}"#)
                #expect(try changed["disposition"] == nil, "\(changed.text)")
                let all = try await client.call(.get, path)
                #expect(try all["disposition"] == "jail")
                #expect(try all["minutesAtBedside"] == "20")
                for token in ["peer:\(PeerID.fixed(78))"] {
                    #expect(try await client.call(.get, path, as: token).status == 404)
                    #expect(try await client.call(.put, path, as: token, "{}").status == 404)
                }
                for token in ["partner:\(hospital)", "participant:\(id)", "operator", "privacy-officer"] {
                    #expect(try await client.call(.get, path, as: token).status == 403, "\(token)")
                }
            }
            let told = try await referring.look(
                Statement(
                    "test.audit",
                    """
                    select subject || ' ' || array_to_string(array(select unnest(data_classes) order by 1), ',')
                    from referral.audit_event
                    where operation_id = 'readBedside' and decision = 'allow' order by at
                    """), as: String.self)
            #expect(told == ["peer presence,referral", "coordinator justice,presence,referral"])
        }
    }

    @Test("of two who write first at the same moment one is told to look, and nothing is lost")
    func race() async throws {
        try await Referring.with { referring in
            let (_, peer, path) = try await Self.referred(referring)
            try await referring.calling { client in
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 1...6 {
                        group.addTask {
                            try await client.call(.put, path, as: peer, #"{"minutesAtBedside": \#(number)}"#).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.sorted() == [200, 428, 428, 428, 428, 428])
                let changes = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 1...6 {
                        group.addTask {
                            try await client.call(
                                .put, path, as: peer, ifMatch: 1, #"{"minutesAtBedside": \#(number)}"#
                            ).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(changes.sorted() == [200, 412, 412, 412, 412, 412])
            }
        }
    }

    @Test(
        "a referral of somebody who turned out to be another is found under both; of somebody erased nothing is written"
    )
    func merged() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let (rosa, carmen) = (
                two.rosa.stored.referral, two.carmen.stored.referral.participantID
            )
            try await referring.merge(rosa.participantID, into: carmen)
            try await referring.fixture(
                "update referral.engagement set peer_id = '\(PeerID.fixed(7))' where participant_id = '\(carmen)'")
            let path = "/v1/referrals/\(rosa.referralID)/bedside"
            try await referring.calling { client in
                let peer = "peer:\(PeerID.fixed(7))"
                #expect(try await client.call(.put, path, as: peer, #"{"disposition": "detox"}"#).status == 200)
                #expect(try await client.call(.get, path, as: peer)["disposition"] == "detox")
                let record = try await client.call(
                    .get, "/v1/participants/\(carmen)/record", as: "participant:\(carmen)")
                #expect(try record.object()["bedside"]?.items.count == 1)
                try await referring.fixture("update referral.engagement set closed_at = now()")
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(carmen, in: work)
                    try await referring.store.erase(person, by: "privacy-officer", in: work)
                }
                let after = try await client.call(.put, path, ifMatch: 1, #"{"disposition": "home"}"#)
                #expect(after.status == 409, "\(after.text)")
                #expect(try await client.call(.get, path)["disposition"] == "detox", "what is counted stays")
            }
        }
    }
}
