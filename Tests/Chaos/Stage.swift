import NIOConcurrencyHelpers
import Postgres
import TestKit

/// Everything that takes part, and how it is broken and mended.
final class Stage: Sendable {
    let proxy: FaultyProxy
    let crew: Crew
    let cluster: OwnCluster
    /// The superuser's, past the faulty network.
    let pool: Pool
    let disk: Disk?
    private let random: NIOLockedValueBox<SeededGenerator>
    private let counts = NIOLockedValueBox<[Fault: Int]>([:])

    init(proxy: FaultyProxy, crew: Crew, cluster: OwnCluster, pool: Pool, disk: Disk?, seed: UInt64) {
        (self.proxy, self.crew, self.cluster, self.pool, self.disk) = (proxy, crew, cluster, pool, disk)
        random = NIOLockedValueBox(SeededGenerator(seed: seed))
    }

    /// What can go wrong here.
    var kinds: [Fault] { Fault.allCases.filter { disk != nil || $0 != .diskFull } }

    func start() async throws {
        for group in ["red", "green"] {
            for _ in 0..<3 { try await crew.start(.consumer(group: group)) }
        }
        for _ in 0..<3 { try await crew.start(.publisher) }
    }

    /// Lets things go wrong, round by round, and mends everything; returns how often each happened.
    func play(until end: ContinuousClock.Instant) async throws -> [Fault: Int] {
        try await withThrowingTaskGroup(of: Void.self) { sleepers in
            repeat {
                for fault in random.withLockedValue({ Fault.round(kinds, using: &$0) }) {
                    if ContinuousClock.now >= end, happened(fault) { continue }
                    try await pause(1...5)
                    if fault == .zombie {
                        sleepers.addTask { try await self.zombie() }
                    } else {
                        try await inject(fault)
                    }
                }
            } while ContinuousClock.now < end
            try await sleepers.waitForAll()
        }
        await proxy.set { $0 = .init() }
        return counts.withLockedValue { $0 }
    }

    private func happened(_ fault: Fault) -> Bool { counts.withLockedValue { $0[fault, default: 0] > 0 } }
    private func count(_ fault: Fault) { counts.withLockedValue { $0[fault, default: 0] += 1 } }
    private func any<Bound: BinaryFloatingPoint>(_ range: ClosedRange<Bound>) -> Double
    where Bound.RawSignificand: FixedWidthInteger {
        Double(random.withLockedValue { Bound.random(in: range, using: &$0) })
    }
    private func pick(_ count: Int) -> Int { random.withLockedValue { Int.random(in: 0..<count, using: &$0) } }
    private func pause(_ range: ClosedRange<Double>) async throws {
        try await Task.sleep(for: .seconds(any(range)))
    }

    private func inject(_ fault: Fault) async throws {
        switch fault {
        case .killConsumer: try await crew.replace(publisher: false) { pick($0) }
        case .killPublisher: try await crew.replace(publisher: true) { pick($0) }
        case .zombie: return
        case .cut: guard await proxy.cut() > 0 else { return }
        case .cutInAnswer: await proxy.cut(afterServerBytes: pick(50_000) + 1)
        case .stall:
            await proxy.set { $0.isStalled = true }
            try await pause(1...8)
            await proxy.set { $0.isStalled = false }
        case .late:
            let latency = Duration.milliseconds(5 + pick(80))
            await proxy.set { $0.latency = latency }
            try await pause(2...6)
            await proxy.set { $0.latency = .zero }
        case .narrow:
            let rate = 10_000 + pick(100_000)
            await proxy.set { $0.bytesPerSecond = rate }
            try await pause(2...6)
            await proxy.set { $0.bytesPerSecond = nil }
        case .restart, .crash:
            try await cluster.stop(fault == .restart ? .fast : .immediate)
            try await pause(0...2)
            try await cluster.start()
        case .diskFull: guard try await fillDisk() else { return }
        }
        count(fault)
    }

    /// A consumer that stands still for longer than its lease, in whatever it does, and then goes on with it.
    private func zombie() async throws {
        guard let process = await crew.stopOne(using: { self.pick($0) }) else { return }
        try await pause(11...14)
        await crew.wake(process)
        count(.zombie)
    }

    private func fillDisk() async throws -> Bool {
        guard let disk else { return false }
        disk.fill()
        let isFelt = await disk.isFelt(by: pool)
        try await pause(3...6)
        disk.free()
        try await recover()
        _ = try await pool.query(Self.emptyFiller)
        return isFelt
    }

    /// PostgreSQL ends when it cannot write its log; once there is space it is started again, as an operator would.
    private func recover() async throws {
        for _ in 0..<120 {
            do {
                _ = try await pool.query(Self.look)
                return
            } catch let error {
                if try await !cluster.isRunning() {
                    do { try await cluster.start() } catch { say("PostgreSQL does not start yet: \(error)") }
                }
                say("waiting for PostgreSQL: \(error)")
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        throw DidNotRecover()
    }

    /// PostgreSQL did not come back although there is space again.
    struct DidNotRecover: Error {}

    func progress() async -> String {
        do {
            let (published, red, green) = try await pool.query(Self.progress)[0].decode((Int, Int, Int).self)
            return "\(published) published, \(red) and \(green) handled; "
                + "\(counts.withLockedValue { $0.values.reduce(0, +) }) faults"
        } catch {
            return "PostgreSQL is away"
        }
    }

    /// Ends the publishers and waits until the groups have handled everything, or for so long.
    func drain(within limit: Duration) async throws {
        await crew.endAll(publishersOnly: true)
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            _ = try await pool.query(Self.hurry)
            let (published, red, green) = try await pool.query(Self.progress)[0].decode((Int, Int, Int).self)
            if red >= published && green >= published { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        say("not everything was handled in time")
    }

    private static let look = Statement("chaos.look", "select pg_is_in_recovery()")
    private static let emptyFiller = Statement("chaos.empty", "truncate public.filler")
    /// What has failed now and then need not wait for its next try.
    private static let hurry = Statement(
        "chaos.hurry", "update message_table.parked set next_at = '-infinity' where not dead")
    private static let progress = Statement(
        "chaos.progress",
        """
        select (select count(*) from message_table.message),
            (select count(*) from public.handled where grp = 'red'),
            (select count(*) from public.handled where grp = 'green')
        """)
}
