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

@Suite("How people are after eight weeks")
struct EightWeekTests {
    private static let board = "/v1/referrals/eight-weeks"

    /// Referrals of several people, each accepted an hour after the one before.
    private static func accepted(_ count: Int, _ referring: Referring) async throws -> [Referral] {
        let hospital = try await referring.hospital("Hospital")
        var all: [Referral] = []
        for number in 0..<count {
            all.append(try await referring.referRoutine(.numbered(number), from: hospital).stored.referral)
            referring.clock.advance(by: .seconds(3600))
        }
        return all
    }

    @Test("whom nobody asked for eight weeks stands on the board, the oldest first, until somebody says how they are")
    func asked() async throws {
        try await Referring.with { referring in
            let all = try await Self.accepted(3, referring)
            let ids = all.map(\.referralID.description)
            let start = all[0].receivedAt
            try await referring.calling { client in
                func listed(_ query: String = "") async throws -> [String?] {
                    try await client.call(.get, Self.board + query).items().map { $0["referralID"]?.string }
                }
                #expect(try await listed().isEmpty)
                referring.clock.advance(by: (start + .seconds(56 * 86_400)) - referring.clock.now)
                #expect(try await listed() == [ids[0]], "on the day itself")
                referring.clock.advance(by: .seconds(86_400))
                #expect(try await listed() == ids)
                let page = try await client.call(.get, "\(Self.board)?limit=2")
                let next = try #require(try page["next"])
                #expect(try page.items().count == 2)
                #expect(try await listed("?limit=2&cursor=\(next)") == [ids[2]])
                let path = "/v1/referrals/\(ids[1])/bedside"
                let said = try await client.call(.put, path, #"{"statusAtEightWeeks": "in-treatment"}"#)
                #expect(said.status == 200, "\(said.text)")
                #expect(try said["statusAtEightWeeksAt"] == referring.clock.now.description)
                #expect(try await listed() == [ids[0], ids[2]])
                referring.clock.advance(by: .seconds(60))
                let more = try await client.call(
                    .put, path, ifMatch: 1, #"{"statusAtEightWeeks": "in-treatment", "disposition": "detox"}"#)
                #expect(
                    try more["statusAtEightWeeksAt"] == said["statusAtEightWeeksAt"], "it was not said again")
                #expect(try await client.call(.put, path, ifMatch: 2, "{}").status == 200)
                #expect(try await listed() == ids, "what was taken back is asked again")
                let shown = try await client.call(.get, Self.board).items()
                #expect(shown.map { $0["bedsideVersion"]?.integer } == [nil, 3, nil])
                #expect(shown.first?["dueAt"]?.string == (start + .seconds(56 * 86_400)).description)
            }
        }
    }

    @Test("peers see those whom they support now; what was taken back is on no board, nor who was erased")
    func whom() async throws {
        try await Referring.with { referring in
            let all = try await Self.accepted(3, referring)
            let peer = PeerID.fixed(9)
            try await referring.fixture(
                "update referral.engagement set peer_id = '\(peer)' where participant_id = '\(all[1].participantID)'")
            referring.clock.advance(by: .seconds(60 * 86_400))
            try await referring.calling { client in
                func listed(_ token: String) async throws -> [String?] {
                    try await client.call(.get, Self.board, as: token).items().map { $0["referralID"]?.string }
                }
                #expect(try await listed("peer:\(peer)") == [all[1].referralID.description])
                #expect(try await listed("peer:\(PeerID.fixed(10))").isEmpty)
                for token in ["participant:\(all[0].participantID)", "operator", "privacy-officer"] {
                    #expect(try await client.call(.get, Self.board, as: token).status == 403)
                }
                let cancelled = try await client.call(
                    .post, "/v1/referrals/\(all[0].referralID)/cancel", ifMatch: all[0].version, #"{"reason": "x"}"#)
                #expect(cancelled.status == 200, "\(cancelled.text)")
                #expect(try await listed("supervisor") == all.dropFirst().map(\.referralID.description))
                try await referring.fixture("update referral.engagement set closed_at = now()")
                #expect(try await listed("peer:\(peer)").isEmpty, "whom they no longer support")
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(all[1].participantID, in: work)
                    try await referring.store.erase(person, by: "privacy-officer", in: work)
                }
                #expect(try await listed("supervisor") == [all[2].referralID.description])
            }
        }
    }
}
