import MessageTable
import Models
import PeerMatchingDomain
import Postgres
import Testing

@testable import PeerMatching

struct ShiftStoreTests {
    private func shift(
        _ number: UInt32, _ peer: PeerID, order: Int = 1, line: String = "emergency", from: Int, to: Int
    ) -> Shift {
        Shift(
            id: .number(number), peerID: peer, line: line, callOrder: order, startsAt: .noon + from,
            endsAt: .noon + to)
    }

    @Test("a peer has no two shifts at once and rests between them; a place on the line is taken once")
    func overlaps() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1)
            try await fixture.addPeer(2)
            let rules = try Policy.standard().rota
            func insert(_ shift: Shift) async throws { try await fixture.store { try await $0.insert(shift, rules) } }
            try await insert(shift(1, first, from: 0, to: 480))
            await #expect(throws: StoreError(.shiftTooClose)) {
                try await insert(shift(2, first, line: "night", from: 60, to: 120))
            }
            await #expect(throws: StoreError(.shiftTooClose)) {
                try await insert(shift(2, first, from: 480 + 599, to: 1500))
            }
            await #expect(throws: StoreError(.placeTaken)) { try await insert(shift(2, second, from: 479, to: 900)) }
            await #expect(throws: StoreError(.noSuchPeer)) { try await insert(shift(2, third, from: 480, to: 900)) }
            try await insert(shift(2, second, from: 480, to: 900))
            try await insert(shift(3, first, from: 480 + 600, to: 1500))
            try await insert(shift(4, second, from: 1500, to: 1600))
        }
    }

    @Test("two shifts of one peer at once: one is refused")
    func race() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1)
            let rules = try Policy.standard().rota
            let added = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<UInt32(6) {
                    group.addTask {
                        let shift = shift(
                            number, first, order: Int(number) + 1, from: Int(number) * 10, to: Int(number) * 10 + 60)
                        do {
                            try await fixture.store { try await $0.insert(shift, rules) }
                            return true
                        } catch {
                            #expect((error as? StoreError)?.code == .shiftTooClose)
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(added == 1)
        }
    }

    @Test("who is on call is who has a shift on that line at that instant, in their order")
    func onCall() async throws {
        try await MatchingFixture.with { fixture in
            for number in 1...UInt32(3) { try await fixture.addPeer(number) }
            let rules = try Policy.standard().rota
            for shift in [
                shift(1, first, order: 2, from: -60, to: 60), shift(2, second, order: 1, from: -60, to: 60),
                shift(3, third, line: "other", from: -60, to: 60),
            ] {
                try await fixture.store { try await $0.insert(shift, rules) }
            }
            try await fixture.store { store async throws in
                #expect(try await store.onCall(line: "emergency", at: .noon).map(\.peerID) == [second, first])
                #expect(try await store.onCall(line: "emergency", at: .noon + 59).count == 2)
                #expect(try await store.onCall(line: "emergency", at: .noon + 60).isEmpty)
                #expect(try await store.onCall(line: "emergency", at: .noon + -61).isEmpty)
            }
        }
    }

    @Test("another agency's peers, shifts and matches do not exist")
    func agencies() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            try await fixture.store(.south) { store async throws in
                await #expect(throws: StoreError(.unknownPeer)) { try await store.peer(first) }
                await #expect(throws: StoreError(.unknownMatch)) { try await store.match(match.id) }
                #expect(try await store.onCall(line: "emergency", at: .noon).isEmpty)
                #expect(try await store.peers(after: nil, limit: 10).isEmpty)
                // The same, when a statement forgets the agency: row-level security is what holds.
                let all = Statement("test.everything", "select peer_id from matching.peer")
                #expect(try await store.transaction.query(all).isEmpty)
            }
            let unset = Statement("test.unset", "select peer_id from matching.peer")
            #expect(try await fixture.service.query(unset).isEmpty)
        }
    }
}
