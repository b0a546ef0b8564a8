import TestKit
import Testing

@testable import Postgres

/// Who shares a batch, with which settings, and when batches are given up for a while.
@Suite struct BatchRulesTests {
    private let read = Statement("test.read", "select 1")

    private func call(_ settings: [(String, String)], statements: Int = 1) -> BatchCall {
        var call = BatchCall(LocalSettings(settings.map { (name: $0.0, value: $0.1) }))
        for _ in 0..<statements { call.add(read) }
        return call
    }

    /// What each member finds set when its statements run.
    private func settings(of batch: Batch) -> [[String: String]] {
        var current: [String: String] = [:]
        var found: [[String: String]] = []
        for (index, step) in batch.steps.enumerated() {
            if step.statement == LocalSettings.set {
                let texts = step.bindings.types.indices.map { index in
                    String(decoding: step.bindings[index] ?? [], as: UTF8.self)
                }
                current[texts[0]] = texts[1]
            } else if batch.ranges.contains(where: { $0.lowerBound == index }) {
                found.append(current.filter { !$0.value.isEmpty })
            }
        }
        return found
    }

    @Test("each member finds its own settings and nobody else's")
    func ownSettings() {
        let batch = Batch([
            call([("agency", "a"), ("actor", "x")]), call([("agency", "b")]), call([]), call([("agency", "b")]),
        ])
        let found = settings(of: batch)
        #expect(found == [["agency": "a", "actor": "x"], ["agency": "b"], [:], ["agency": "b"]])
    }

    @Test("whatever the members ask for, they find just that", arguments: 0..<50)
    func anySettings(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let names = ["agency", "actor", "purpose"]
        let wanted = (0..<20).map { _ in
            names.filter { _ in Bool.random(using: &random) }
                .map { ($0, ["1", "2"].randomElement(using: &random)!) }
        }
        let found = settings(of: Batch(wanted.map { call($0, statements: Int.random(in: 1...3, using: &random)) }))
        #expect(found == wanted.map { Dictionary(uniqueKeysWithValues: $0) })
    }

    @Test("settings that hold already are not sent again")
    func settingsOnce() {
        let batch = Batch([call([("agency", "a")]), call([("agency", "a")]), call([("agency", "a")])])
        #expect(batch.steps.count == 4)
    }

    @Test("a failing step is known as its member's, also where a setting fails")
    func whoseStep() {
        let batch = Batch([call([("agency", "a")], statements: 2), call([("agency", "b")])])
        #expect(batch.ranges == [1..<3, 4..<5])
        #expect((0...4).map { batch.member(ofStep: $0) } == [0, 0, 0, 1, 1])
        #expect(batch.member(ofStep: 5) == nil)
    }

    @Test("above two failures in a hundred each member gets its own sync, below one they share again")
    func policy() {
        var policy = BatchPolicy()
        policy.record(100, failed: 1)
        #expect(policy.shares)
        policy.record(100, failed: 6)
        #expect(!policy.shares)
        // 3.5 in a hundred have to become less than one.
        policy.record(400, failed: 0)
        #expect(!policy.shares)
        policy.record(400, failed: 0)
        #expect(policy.shares)
    }

    @Test("a few failures among the first requests decide nothing yet")
    func policyStart() {
        var policy = BatchPolicy()
        policy.record(3, failed: 3)
        #expect(policy.shares)
    }
}

/// Which connection carries whom.
@Suite struct BatchStateMachineTests {
    private let now = ContinuousClock.now
    private let failure = PostgresError(.cannotConnect)

    private func machine(lanes: Int = 2, depth: Int = 3, queue: Int = 100) -> BatchStateMachine<Int> {
        var limits = BatchLimits()
        (limits.connections, limits.depth) = (lanes, depth)
        return BatchStateMachine(limits, largestQueue: queue)
    }

    @Test("whatever waits goes out together, up to the depth, in the order of coming")
    func together() {
        var machine = machine(lanes: 1)
        let first = machine.submit(1, at: now)
        #expect(first == .open(1))
        for member in 2...5 { _ = machine.submit(member, at: now) }
        machine.opened(1)
        #expect(machine.take(1) == [1, 2, 3])
        #expect(machine.take(1) == [4, 5])
        #expect(machine.take(1) == [])
        let next = machine.submit(6, at: now)
        #expect(next == .wake(1))
    }

    @Test("those whose connection broke come first")
    func resubmitted() {
        var machine = machine(lanes: 1)
        _ = machine.submit(1, at: now)
        machine.opened(1)
        let sent = machine.take(1)
        _ = machine.submit(2, at: now)
        let closed = machine.closed(1)
        #expect(closed == .open(2))
        _ = machine.resubmit(sent)
        machine.opened(2)
        #expect(machine.take(2) == [1, 2])
    }

    @Test("when connecting keeps failing those who wait are told, and new ones are refused at once")
    func breaks() {
        var machine = machine()
        _ = machine.submit(1, at: now)
        for _ in 1...2 {
            let (refused, pause) = machine.openingFailed(1, failure, at: now, jitter: 0)
            #expect(refused.isEmpty && pause != nil)
        }
        let (refused, pause) = machine.openingFailed(1, failure, at: now, jitter: 0)
        #expect(refused == [1] && pause == nil)
        let answer = machine.submit(2, at: now)
        #expect(answer == .refuse(failure))
    }

    @Test("more than may wait are refused, and after the end everybody")
    func bounded() {
        var machine = machine(lanes: 1, queue: 1)
        _ = machine.submit(1, at: now)
        guard case .refuse(let error) = machine.submit(2, at: now) else { return #expect(Bool(false), "not refused") }
        #expect(error.code == .overloaded)
        _ = machine.shutDown()
        #expect(!machine.isDrained)
        machine.opened(1)
        #expect(machine.take(1) == [1])
        #expect(machine.take(1) == [])
        #expect(machine.isDrained)
    }

    @Test(
        "whatever happens: nobody is carried twice or forgotten, nobody waits beside idle connections",
        arguments: 0..<50)
    func invariant(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var machine = machine(lanes: 3, depth: 4, queue: 20)
        var nextMember = 1
        var open: Set<Int> = []
        var carried: [UInt64: [Int]] = [:]
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                switch machine.submit(nextMember, at: now) {
                case .refuse: break
                default: open.insert(nextMember)
                }
                nextMember += 1
            case 2: if let lane = machine.opening.randomElement(using: &random) { machine.opened(lane) }
            case 3:
                if let lane = machine.opening.randomElement(using: &random) {
                    open.subtract(machine.openingFailed(lane, failure, at: now, jitter: 0).refused)
                }
            case 4:
                // A batch is answered, and the connection takes the next one.
                if let lane = machine.busy.randomElement(using: &random) {
                    open.subtract(carried.removeValue(forKey: lane) ?? [])
                    let members = machine.take(lane)
                    #expect(members.allSatisfy { open.contains($0) && !carried.values.joined().contains($0) })
                    if !members.isEmpty { carried[lane] = members }
                }
            default:
                if let lane = machine.busy.randomElement(using: &random) {
                    let lost = carried.removeValue(forKey: lane) ?? []
                    _ = machine.closed(lane)
                    if !lost.isEmpty { _ = machine.resubmit(lost) }
                }
            }
            #expect(machine.idle.count + machine.busy.count + machine.opening.count <= 3)
            // Those who were woken and have not taken anything yet have room for all who wait.
            let woken = machine.busy.subtracting(carried.keys).count
            #expect(machine.idle.isEmpty || machine.waiting.count <= 4 * woken)
            #expect(Set(machine.waiting).union(carried.values.joined()) == open)
            #expect(machine.waiting.isEmpty || !machine.busy.isEmpty || !machine.opening.isEmpty)
        }
    }
}
