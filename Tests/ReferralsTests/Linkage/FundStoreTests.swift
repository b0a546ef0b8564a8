import FoundationEssentials
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("Funds and their caps, on PostgreSQL")
struct FundStoreTests {
    @Test("of ten at the same moment those go through for whom there is enough", arguments: 1...3)
    func race(_ round: Int) async throws {
        try await Referring.with { referring in
            let fund = try await referring.fund(1000)
            var people: [ParticipantID] = []
            for number in 0..<10 {
                people.append(try await referring.participant(.numbered(number)))
            }
            let all = people
            let refusals = try await withThrowingTaskGroup(of: FundRefusal?.self) { group in
                for id in all { group.addTask { try await referring.tryReserve(200, of: fund, for: id) } }
                return try await group.reduce(into: [FundRefusal?]()) { $0.append($1) }
            }
            #expect(refusals.count { $0 == nil } == 5)
            #expect(refusals.count { $0 == .exhausted } == 5)
            #expect(try await referring.committed(fund) == 1000)
        }
    }

    @Test("of ten for one person at the same moment, under two ids, those go through that the cap allows")
    func raceOfPerson() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.merge(two.younger, into: two.older)
            let fund = try await referring.fund(100_000, person: 500)
            let refusals = try await withThrowingTaskGroup(of: FundRefusal?.self) { group in
                for number in 0..<10 {
                    let id = number.isMultiple(of: 2) ? two.older : two.younger
                    group.addTask { try await referring.tryReserve(100, of: fund, for: id) }
                }
                return try await group.reduce(into: [FundRefusal?]()) { $0.append($1) }
            }
            #expect(refusals.count { $0 == nil } == 5)
            #expect(refusals.count { $0 == .personAtCap } == 5)
            #expect(try await referring.committed(fund) == 500)
        }
    }

    @Test("people who turn out to be one have one cap; whoever then has more keeps it, and is given no more")
    func merged() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let fund = try await referring.fund(100_000, person: 1000)
            let first = try await referring.reserve(600, of: fund, for: two.older)
            _ = try await referring.reserve(700, of: fund, for: two.younger)
            try await referring.merge(two.younger, into: two.older)
            #expect(try await referring.tryReserve(1, of: fund, for: two.younger) == .personAtCap)
            #expect(try await referring.committed(fund) == 1300)
            _ = try await referring.work { work in
                try await referring.store.settle(first, expecting: 1, in: work) {
                    try $0.release(by: "x", at: work.now)
                }
            }
            #expect(try await referring.tryReserve(301, of: fund, for: two.older) == .personAtCap)
            #expect(try await referring.tryReserve(300, of: fund, for: two.older) == nil)
            try await referring.unmerge(two.younger)
            #expect(try await referring.tryReserve(300, of: fund, for: two.younger) == nil, "they are two again")
            #expect(try await referring.tryReserve(1, of: fund, for: two.younger) == .personAtCap)
        }
    }

    @Test(
        "whatever is reserved, spent and released, no cap is ever passed, and nothing is refused that fits",
        arguments: [1, 2, 3, 4] as [UInt64])
    func model(_ seed: UInt64) async throws {
        try await Referring.with { referring in
            var random = SeededGenerator(seed: seed)
            let kinds = [
                Fund.Kind(kind: "transit", capCents: 900, personCapCents: 300),
                Fund.Kind(kind: "food", capCents: nil, personCapCents: nil),
            ]
            let fund = try await referring.fund(2000, person: 700, kinds: kinds)
            var people: [ParticipantID] = []
            for number in 0..<4 { people.append(try await referring.participant(.numbered(number))) }
            var book = Book()
            for step in 0..<60 {
                if Int.random(in: 0..<3, using: &random) > 0 || book.open.isEmpty {
                    let entry = Book.Entry(
                        person: people.randomElement(using: &random) ?? people[0],
                        kind: Bool.random(using: &random) ? "transit" : "food",
                        cents: Int.random(in: 1...250, using: &random))
                    do {
                        let id = try await referring.reserve(entry.cents, of: fund, for: entry.person, kind: entry.kind)
                        #expect(book.fits(entry), "step \(step): \(entry) should be refused")
                        book.open.append((id, entry))
                    } catch let refusal as FundRefusal {
                        #expect(!book.fits(entry), "step \(step): \(entry) was refused: \(refusal)")
                    }
                } else {
                    let (id, entry) = book.open.remove(at: Int.random(in: 0..<book.open.count, using: &random))
                    let spent = Bool.random(using: &random) ? Int.random(in: 0...entry.cents, using: &random) : nil
                    _ = try await referring.work { work in
                        try await referring.store.settle(id, expecting: 1, in: work) { spending in
                            guard let spent else { return try spending.release(by: "x", at: work.now) }
                            return try spending.spend(spent, hasReceipt: true, by: "x", at: work.now)
                        }
                    }
                    book.spent.append(.init(person: entry.person, kind: entry.kind, cents: spent ?? 0))
                }
                #expect(try await referring.committed(fund) == book.sum { _ in true })
            }
        }
    }

    /// What a careful bookkeeper would allow.
    private struct Book {
        struct Entry {
            let person: ParticipantID
            let kind: String
            let cents: Int
        }

        var open: [(id: SpendingID, entry: Entry)] = []
        var spent: [Entry] = []

        func sum(_ which: (Entry) -> Bool) -> Int {
            (open.map(\.entry) + spent).filter(which).reduce(0) { $0 + $1.cents }
        }

        func fits(_ entry: Entry) -> Bool {
            sum { _ in true } + entry.cents <= 2000
                && sum { $0.person == entry.person } + entry.cents <= 700
                && (entry.kind != "transit"
                    || (sum { $0.kind == "transit" } + entry.cents <= 900
                        && sum { $0.kind == "transit" && $0.person == entry.person } + entry.cents <= 300))
        }
    }

    @Test(
        "what was reserved for a linkage stays so once it has begun, until it is paid, and goes back where it comes to nothing"
    )
    func ofLinkage() async throws {
        try await Referring.with { referring in
            let participant = try await referring.participant()
            let fund = try await referring.fund(1000)
            let need = try await referring.need("phone", of: participant)
            let (good, bad) = (
                try await referring.offer("phone", for: need), try await referring.offer("phone", for: need)
            )
            for id in [good, bad] {
                _ = try await referring.reserve(300, of: fund, for: participant, kind: "phone", on: id)
            }
            #expect(try await referring.committed(fund) == 600)
            try await referring.change(good) { try $0.begin(.attend, on: $1, checkDays: [], by: "x", at: $1) }
            try await referring.change(bad) { try $0.refuse(.init(by: .person, reason: "not-now"), by: "x", at: $1) }
            #expect(try await referring.committed(fund) == 300)
            let statuses = try await referring.work { work in
                try await referring.store.spendings(
                    of: PersonIDs(participant), before: nil, atMost: 9, in: work
                ).map(\.status)
            }
            #expect(Set(statuses) == [.reserved, .released] && statuses.count == 2)
            try await referring.change(good) { try $0.finish(.end, by: "x", at: $1) }
            #expect(try await referring.committed(fund) == 300, "what has ended was not for nothing")
            await #expect(throws: Faults.self) {
                _ = try await referring.reserve(1, of: fund, for: participant, kind: "phone", on: bad)
            }
        }
    }

    @Test("a fund pays for what it is for, in its time, and not after it was closed")
    func admitted() async throws {
        try await Referring.with { referring in
            let participant = try await referring.participant()
            let fund = try await referring.fund(
                1000, kinds: [Fund.Kind(kind: "transit", capCents: 100, personCapCents: nil)])
            #expect(try await referring.tryReserve(10, of: fund, for: participant, kind: "food") == .notForThis)
            #expect(try await referring.tryReserve(101, of: fund, for: participant) == .kindExhausted)
            #expect(try await referring.tryReserve(100, of: fund, for: participant) == nil)
            referring.clock.advance(by: .seconds(400 * 86_400))
            #expect(try await referring.tryReserve(0, of: fund, for: participant) == .outsideItsPeriod)
            try await referring.work { try await referring.store.close(fund, expecting: 1, in: $0) }
            #expect(try await referring.tryReserve(0, of: fund, for: participant) == .closed)
        }
    }
}
