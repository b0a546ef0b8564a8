import TestKit
import Testing

@testable import Postgres

/// Who gets which connection, and who waits.
@Suite struct PoolStateMachineTests {
    private func machine(connections: Int = 2, waiters: Int = 3) -> PoolStateMachine {
        PoolStateMachine(.init(connections: connections, waiters: waiters))
    }

    @Test("callers open connections up to the limit, then wait in their order")
    func order() {
        var machine = machine(connections: 1)
        let answer1 = machine.lease(1)
        #expect(answer1 == .wait(open: 1))
        let answer2 = machine.lease(2)
        #expect(answer2 == .wait(open: nil))
        let answer3 = machine.opened(1)
        #expect(answer3 == .hand(1, to: 1))
        let answer4 = machine.release(1, usable: true)
        #expect(answer4 == .hand(1, to: 2))
        let answer5 = machine.release(1, usable: true)
        #expect(answer5 == .keepIdle)
        let answer6 = machine.lease(3)
        #expect(answer6 == .lease(1))
    }

    @Test("more callers than may wait are refused")
    func bounded() {
        var machine = machine(connections: 1, waiters: 1)
        let answer7 = machine.lease(1)
        #expect(answer7 == .wait(open: 1))
        guard case .refuse(let error) = machine.lease(2) else { return #expect(Bool(false), "not refused") }
        #expect(error.code == .overloaded)
    }

    @Test("a broken connection is closed, and replaced while somebody waits")
    func replaced() {
        var machine = machine(connections: 1)
        _ = machine.lease(1)
        _ = machine.opened(1)
        _ = machine.lease(2)
        let answer8 = machine.release(1, usable: false)
        #expect(answer8 == .close(open: 2))
        let answer9 = machine.opened(2)
        #expect(answer9 == .hand(2, to: 2))
        let answer10 = machine.release(2, usable: false)
        #expect(answer10 == .close(open: nil))
    }

    @Test("opening is tried again only while somebody waits")
    func retries() {
        var machine = machine()
        _ = machine.lease(1)
        let answer11 = machine.openingFailed(1)
        #expect(answer11 == .retry(1))
        let answer12 = machine.withdraw(1)
        #expect(answer12)
        let answer13 = machine.openingFailed(1)
        #expect(answer13 == .nothing)
        #expect(machine.opening.isEmpty)
    }

    @Test("after the end nothing is given out, and what is out comes back to be closed")
    func shutDown() {
        var machine = machine(connections: 1)
        _ = machine.lease(1)
        _ = machine.opened(1)
        _ = machine.lease(2)
        let (close, refuse) = machine.shutDown()
        #expect(close.isEmpty && refuse == [2])
        #expect(!machine.isDrained)
        let answer14 = machine.release(1, usable: true)
        #expect(answer14 == .close(open: nil))
        #expect(machine.isDrained)
        guard case .refuse = machine.lease(3) else { return #expect(Bool(false), "not refused") }
    }

    @Test("whatever happens: never more connections than allowed, nobody waits beside an idle one", arguments: 0..<50)
    func invariant(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var machine = machine(connections: 3, waiters: 8)
        var nextWaiter: UInt64 = 1
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                _ = machine.lease(nextWaiter)
                nextWaiter += 1
            case 2: if let id = machine.opening.randomElement(using: &random) { _ = machine.opened(id) }
            case 3: if let id = machine.opening.randomElement(using: &random) { _ = machine.openingFailed(id) }
            case 4:
                if let id = machine.leased.randomElement(using: &random) {
                    _ = machine.release(id, usable: Bool.random(using: &random))
                }
            default: if let waiter = machine.waiters.randomElement(using: &random) { _ = machine.withdraw(waiter) }
            }
            #expect(machine.idle.count + machine.leased.count + machine.opening.count <= 3)
            #expect(machine.waiters.isEmpty || machine.idle.isEmpty)
            // Somebody who waits can always be served: by a connection in use, or one being opened.
            #expect(machine.waiters.isEmpty || !machine.leased.isEmpty || !machine.opening.isEmpty)
        }
    }
}
