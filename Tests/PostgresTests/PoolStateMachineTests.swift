import TestKit
import Testing

@testable import Postgres

/// Who gets which connection, and who waits.
@Suite struct PoolStateMachineTests {
    private func machine(connections: Int = 2, waiters: Int = 3) -> PoolStateMachine {
        PoolStateMachine(.init(connections: connections, waiters: waiters))
    }

    private let now = ContinuousClock.now
    private let failure = PostgresError(.cannotConnect)

    @Test("callers open connections up to the limit, then wait in their order")
    func order() {
        var machine = machine(connections: 1)
        let answer1 = machine.lease(1, at: now)
        #expect(answer1 == .wait(open: 1))
        let answer2 = machine.lease(2, at: now)
        #expect(answer2 == .wait(open: nil))
        let answer3 = machine.opened(1)
        #expect(answer3 == .hand(1, to: 1))
        let answer4 = machine.release(1, usable: true)
        #expect(answer4 == .hand(1, to: 2))
        let answer5 = machine.release(1, usable: true)
        #expect(answer5 == .keepIdle)
        let answer6 = machine.lease(3, at: now)
        #expect(answer6 == .lease(1))
    }

    @Test("more callers than may wait are refused")
    func bounded() {
        var machine = machine(connections: 1, waiters: 1)
        let answer7 = machine.lease(1, at: now)
        #expect(answer7 == .wait(open: 1))
        guard case .refuse(let error) = machine.lease(2, at: now) else { return #expect(Bool(false), "not refused") }
        #expect(error.code == .overloaded)
    }

    @Test("a broken connection is closed, and replaced while somebody waits")
    func replaced() {
        var machine = machine(connections: 1)
        _ = machine.lease(1, at: now)
        _ = machine.opened(1)
        _ = machine.lease(2, at: now)
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
        _ = machine.lease(1, at: now)
        let first = machine.openingFailed(1, failure, at: now, jitter: 0)
        #expect(first == .init(retryAfter: .milliseconds(100)))
        let isWaiting = machine.withdraw(1)
        #expect(isWaiting)
        let isWanted = machine.retries(1)
        #expect(!isWanted)
        #expect(machine.opening.isEmpty)
    }

    @Test("after three failures in a row callers are refused at once, until an attempt succeeds")
    func breaks() {
        var machine = machine(connections: 2)
        _ = machine.lease(1, at: now)
        _ = machine.openingFailed(1, failure, at: now, jitter: 0)
        _ = machine.openingFailed(1, failure, at: now, jitter: 0)
        _ = machine.lease(2, at: now)
        let third = machine.openingFailed(1, failure, at: now, jitter: 0)
        #expect(third == .init(refuse: [1, 2]))
        let refused = machine.lease(3, at: now + .milliseconds(399))
        #expect(refused == .refuse(failure))
        let probe = machine.lease(4, at: now + .milliseconds(400))
        #expect(probe == .wait(open: 2))
        // One attempt at a time, for all that wait.
        let other = machine.lease(5, at: now + .milliseconds(400))
        #expect(other == .wait(open: nil))
        let answer = machine.opened(2)
        #expect(answer == .hand(2, to: 4))
        #expect(machine.breaker.failures == 0)
    }

    @Test("while one connection works, callers wait for it although others cannot be opened")
    func partial() {
        var machine = machine(connections: 2)
        _ = machine.lease(1, at: now)
        _ = machine.opened(1)
        _ = machine.lease(2, at: now)
        for _ in 1...5 {
            let action = machine.openingFailed(2, failure, at: now, jitter: 0)
            #expect(action.refuse.isEmpty && action.retryAfter != nil)
        }
        let answer = machine.release(1, usable: true)
        #expect(answer == .hand(1, to: 2))
    }

    @Test("the minimum is opened at the start, and again when one of it breaks")
    func warm() {
        var machine = PoolStateMachine(.init(connections: 3, minimum: 2, waiters: 3))
        let first = machine.warmUp()
        let second = machine.warmUp()
        let third = machine.warmUp()
        #expect(first == 1 && second == 2 && third == nil)
        _ = machine.opened(1)
        _ = machine.opened(2)
        _ = machine.lease(1, at: now)
        let answer = machine.release(2, usable: false)
        #expect(answer == .close(open: 3))
        // Also when nobody waits, it is tried until it is there.
        let failed = machine.openingFailed(3, failure, at: now, jitter: 0)
        #expect(failed.retryAfter != nil)
        let isWanted = machine.retries(3)
        #expect(isWanted)
    }

    @Test("10,000 callers wait for four connections and come in their order, without those who gave up")
    func manyWaiters() {
        var machine = machine(connections: 4, waiters: 10_000)
        for waiter in 1...10_000 { _ = machine.lease(UInt64(waiter), at: now) }
        let refused = machine.lease(10_001, at: now)
        #expect(refused == .refuse(PostgresError(.overloaded, explanation: "10000 callers are waiting")))
        for waiter in stride(from: 2, through: 10_000, by: 2) { _ = machine.withdraw(UInt64(waiter)) }
        var served: [UInt64] = []
        if case .hand(_, let waiter) = machine.opened(1) { served.append(waiter) }
        while case .hand(_, let waiter) = machine.release(1, usable: true) { served.append(waiter) }
        #expect(served == Array(stride(from: 1, to: 10_000, by: 2)))
    }

    @Test("after the end nothing is given out, and what is out comes back to be closed")
    func shutDown() {
        var machine = machine(connections: 1)
        _ = machine.lease(1, at: now)
        _ = machine.opened(1)
        _ = machine.lease(2, at: now)
        let (close, refuse) = machine.shutDown()
        #expect(close.isEmpty && refuse == [2])
        #expect(!machine.isDrained)
        let answer14 = machine.release(1, usable: true)
        #expect(answer14 == .close(open: nil))
        #expect(machine.isDrained)
        guard case .refuse = machine.lease(3, at: now) else { return #expect(Bool(false), "not refused") }
    }

    @Test("whatever happens: never more connections than allowed, nobody waits beside an idle one", arguments: 0..<50)
    func invariant(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var machine = machine(connections: 3, waiters: 8)
        var nextWaiter: UInt64 = 1
        var waiting: Set<UInt64> = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                if case .wait = machine.lease(nextWaiter, at: now) { waiting.insert(nextWaiter) }
                nextWaiter += 1
            case 2:
                if let id = machine.opening.randomElement(using: &random),
                    case .hand(_, let waiter) = machine.opened(id)
                {
                    waiting.remove(waiter)
                }
            case 3:
                if let id = machine.opening.randomElement(using: &random) {
                    for waiter in machine.openingFailed(id, failure, at: now, jitter: 0).refuse {
                        waiting.remove(waiter)
                    }
                }
            case 4:
                if let id = machine.leased.randomElement(using: &random),
                    case .hand(_, let waiter) = machine.release(id, usable: Bool.random(using: &random))
                {
                    waiting.remove(waiter)
                }
            default:
                if let waiter = waiting.randomElement(using: &random) {
                    let isGone = machine.withdraw(waiter)
                    #expect(isGone)
                    waiting.remove(waiter)
                }
            }
            #expect(machine.idle.count + machine.leased.count + machine.opening.count <= 3)
            #expect(machine.waiterCount == waiting.count)
            #expect(waiting.isEmpty || machine.idle.isEmpty)
            // Somebody who waits can always be served: by a connection in use, or one being opened.
            #expect(waiting.isEmpty || !machine.leased.isEmpty || !machine.opening.isEmpty)
        }
    }
}
