import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Funds that change, and what they pay")
struct FundChangeTests {
    /// Changes a fund; nil where it is taken, else why not.
    private static func change(
        _ id: FundID, _ amount: Int, person: Int? = nil, kinds: [Fund.Kind] = [], in referring: Referring
    ) async throws -> FundRefusal? {
        let day = referring.clock.now.dateInUTC
        do {
            try await referring.work { work in
                let version = try #require(try await referring.store.fund(id, in: work)).version
                _ = try await referring.store.change(
                    id,
                    to: Fund.Terms(
                        amountCents: amount, personCapCents: person, kinds: kinds, startsOn: day.adding(days: -1),
                        endsOn: day.adding(days: 9)),
                    expecting: version, in: work)
            }
            return nil
        } catch let refusal as FundRefusal {
            return refusal
        }
    }

    @Test("a fund never has less than what is reserved and spent: of the whole, of a kind, of a person")
    func below() async throws {
        try await Referring.with { referring in
            func transit(_ cap: Int?, _ person: Int?) -> [Fund.Kind] {
                [Fund.Kind(kind: "transit", capCents: cap, personCapCents: person)]
            }
            let id = try await referring.participant()
            let fund = try await referring.fund(1000, person: 500, kinds: transit(600, 400))
            _ = try await referring.reserve(300, of: fund, for: id)
            func change(_ amount: Int, _ person: Int?, _ kinds: [Fund.Kind]) async throws -> FundRefusal? {
                try await Self.change(fund, amount, person: person, kinds: kinds, in: referring)
            }
            #expect(try await change(299, 500, transit(600, 400)) == .belowCommitted(.fund))
            #expect(try await change(1000, 500, transit(299, 400)) == .belowCommitted(.kind))
            #expect(try await change(1000, 500, transit(600, 299)) == .belowCommitted(.person))
            #expect(try await change(1000, 299, transit(600, 400)) == .belowCommitted(.person))
            #expect(try await change(1000, 500, []) == .otherKinds)
            let before = try #require(try await referring.work { try await referring.store.fund(fund, in: $0) })
            #expect(before.version == 1 && before.amountCents == 1000 && before.personCapCents == 500)
            #expect(try await change(300, 300, transit(300, 300)) == nil)
            #expect(try await referring.tryReserve(1, of: fund, for: id) != nil)
            #expect(try await change(2000, 900, transit(nil, 500)) == nil)
            #expect(try await referring.tryReserve(200, of: fund, for: id) == nil)
            #expect(try await referring.tryReserve(1, of: fund, for: id) == .personAtCap)
            referring.clock.advance(by: .seconds(20 * 86_400))
            #expect(try await referring.tryReserve(1, of: fund, for: id) == .outsideItsPeriod)
        }
    }

    @Test("a cap for each person that is set later counts what they had before; taken away, it holds nobody back")
    func later() async throws {
        try await Referring.with { referring in
            let id = try await referring.participant()
            let fund = try await referring.fund(1000)
            let first = try await referring.reserve(300, of: fund, for: id)
            #expect(try await Self.change(fund, 1000, person: 299, in: referring) == .belowCommitted(.person))
            #expect(try await Self.change(fund, 1000, person: 400, in: referring) == nil)
            #expect(try await referring.tryReserve(101, of: fund, for: id) == .personAtCap)
            #expect(try await referring.tryReserve(100, of: fund, for: id) == nil)
            #expect(try await Self.change(fund, 1000, in: referring) == nil)
            #expect(try await referring.tryReserve(500, of: fund, for: id) == nil)
            _ = try await referring.work { work in
                try await referring.store.settle(first, expecting: 1, in: work) {
                    try $0.release(by: "x", at: work.now)
                }
            }
            #expect(try await Self.change(fund, 1000, person: 599, in: referring) == .belowCommitted(.person))
            #expect(try await Self.change(fund, 1000, person: 600, in: referring) == nil)
        }
    }

    @Test("beside ten reservations at the same moment, a fund is never left with less than they hold", arguments: 1...3)
    func race(_ round: Int) async throws {
        try await Referring.with { referring in
            let fund = try await referring.fund(1000)
            var people: [ParticipantID] = []
            for number in 0..<10 { people.append(try await referring.participant(.numbered(number))) }
            let all = people
            let isTaken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for (place, id) in all.enumerated() {
                    if place == round * 2 {
                        group.addTask { try await Self.change(fund, 500, in: referring) == nil }
                    }
                    group.addTask {
                        _ = try await referring.tryReserve(100, of: fund, for: id)
                        return false
                    }
                }
                return try await group.contains(true)
            }
            let after = try #require(try await referring.work { try await referring.store.fund(fund, in: $0) })
            #expect(after.amountCents == (isTaken ? 500 : 1000))
            #expect(after.committedCents == after.amountCents, "all that fits was taken, and no more")
        }
    }

    @Test("a supervisor changes how much, for whom and when, as it stands now; a closed fund stays as it is")
    func changed() async throws {
        try await Referring.with { referring in
            let id = try await referring.participant()
            let fund = try await referring.fund(1000)
            _ = try await referring.reserve(300, of: fund, for: id)
            try await referring.calling { client in
                let path = "/v1/funds/\(fund)"
                func put(_ amount: Int, as token: String = "supervisor", _ version: Int?) async throws -> Answer {
                    try await client.call(
                        .put, path, as: token, ifMatch: version,
                        """
                        {"amountCents": \(amount), "personCapCents": 700, "startsOn": "2026-01-01",
                         "endsOn": "2027-12-31"}
                        """)
                }
                #expect(try await put(5000, nil).status == 428)
                #expect(try await put(5000, as: "coordinator", 1).status == 403)
                #expect(try await put(0, 1).pointers() == ["/amountCents"])
                let below = try await put(299, 1)
                #expect(below.status == 409 && below.text.contains("fund-below-committed"), "\(below.text)")
                let changed = try await put(5000, 1)
                #expect(changed.status == 200 && changed.etag == "\"2\"", "\(changed.text)")
                #expect(try changed["leftCents"] == "4700")
                #expect(try changed["endsOn"] == "2027-12-31")
                #expect(try await put(6000, 1).status == 412)
                let closed = try await client.call(.post, "\(path)/close", as: "supervisor", ifMatch: 2, "{}")
                #expect(closed.status == 200, "\(closed.text)")
                #expect(try await put(6000, 3).text.contains("fund-closed"))
                let nowhere = try await client.call(
                    .put, "/v1/funds/\(FundID.fixed(9))", as: "supervisor", ifMatch: 1,
                    #"{"amountCents": 1, "startsOn": "2026-01-01", "endsOn": "2026-12-31"}"#)
                #expect(nowhere.status == 404)
            }
        }
    }

    @Test("what a fund pays is listed page by page, and names neither whom it was for nor who asked for it")
    func listed() async throws {
        try await Referring.with { referring in
            let id = try await referring.participant()
            let (fund, other) = (try await referring.fund(1000), try await referring.fund(1000, name: "Other"))
            let linkage = try await referring.offer("phone", for: referring.need("phone", of: id))
            let first = try await referring.reserve(300, of: fund, for: id)
            let second = try await referring.reserve(200, of: fund, for: id, kind: "phone", on: linkage)
            _ = try await referring.reserve(100, of: other, for: id)
            try await referring.calling { client in
                let path = "/v1/funds/\(fund)/spendings"
                for token in ["coordinator", "supervisor", "peer:\(PeerID.fixed(78))"] {
                    let page = try await client.call(.get, "\(path)?limit=1", as: token)
                    let next = try #require(try page["next"])
                    let rest = try await client.call(.get, "\(path)?limit=1&cursor=\(next)", as: token)
                    let all = try page.items() + rest.items()
                    #expect(all.map { $0["spendingID"]?.string } == [second, first].map(\.description))
                    #expect(all.map { $0["amountCents"]?.integer } == [200, 300])
                    #expect(try rest["next"] == nil)
                    for told in [page.text, rest.text] {
                        for hidden in ["\(id)", "\(linkage)", "reservedBy", "\"coordinator\""] {
                            #expect(!told.contains(hidden), "\(told)")
                        }
                    }
                }
                // The office sees there what is still to be paid, and settles it.
                let spent = try await client.call(.post, "/v1/spendings/\(first)/spend", ifMatch: 1, "{}")
                #expect(spent.status == 200, "\(spent.text)")
                let statuses = try await client.call(.get, path).items().map { $0["status"]?.string }
                #expect(statuses == ["reserved", "spent"])
                #expect(try await client.call(.get, path, as: "participant:\(id)").status == 403)
                #expect(try await client.call(.get, "/v1/funds/\(FundID.fixed(9))/spendings").status == 404)
            }
            let audited = Statement(
                "test.audited",
                """
                select count(*)::bigint from referral.audit_event
                where operation_id = 'listFundSpendings' and decision = 'allow' and participant_ids = '{}'
                """)
            #expect(try await referring.look(audited, as: Int.self) == [7])
        }
    }
}
