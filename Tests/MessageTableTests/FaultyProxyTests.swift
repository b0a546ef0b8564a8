import Postgres
import Testing

@testable import TestKit

/// The proxy that other tests and the chaos run rely on fails as it is told, and carries everything otherwise.
@Suite struct FaultyProxyTests {
    private static let text = Statement("test.text", "select repeat('0123456789', $1)")
    private static let note = Statement("test.note", "insert into public.noted (n) values ($1)")
    private static let noted = Statement("test.noted", "select n from public.noted order by n")

    private struct Through: Sendable {
        let proxy: FaultyProxy
        /// By way of the proxy, on one connection.
        let pool: Pool
        /// Directly.
        let observer: Pool

        func noted() async throws -> [Int] {
            try await observer.query(FaultyProxyTests.noted).map { try $0.decode(Int.self) }
        }
    }

    /// - Parameter patience: how long the pool tries to open a connection.
    private func through(patience: Duration = .seconds(60), _ body: @Sendable (Through) async throws -> Void)
        async throws
    {
        try await TestDatabase.with { database in
            try await database.withPool { observer in
                try await observer.runScript("create table public.noted (n bigint)")
                try await FaultyProxy.with(before: database.cluster) { proxy in
                    let settings = try ConnectionSettings(url: proxy.url, applicationName: "faulty")
                        .database(database.name)
                    var configuration = Pool.Configuration(settings)
                    configuration.maximumConnections = 1
                    configuration.leaseTimeout = patience
                    let pool = Pool(configuration, reactor: database.reactor, logger: .silent)
                    do {
                        try await body(Through(proxy: proxy, pool: pool, observer: observer))
                        await pool.shutDown()
                    } catch {
                        await pool.shutDown()
                        throw error
                    }
                }
            }
        }
    }

    @Test("what passes arrives whole, in both directions, also slowly")
    func carries() async throws {
        try await through { through in
            await through.proxy.set { ($0.latency, $0.bytesPerSecond) = (.milliseconds(2), 4_000_000) }
            let text = try await through.pool.query(Self.text, Int32(30_000))[0].decode(String.self)
            #expect(text == String(repeating: "0123456789", count: 30_000))
            for n in 1...20 { _ = try await through.pool.query(Self.note, n) }
            #expect(try await through.noted() == Array(1...20))
            #expect(await through.proxy.connections == 1)
        }
    }

    @Test("while it is stalled nothing reaches the server, and the cut after it is noticed")
    func stalled() async throws {
        try await through { through in
            _ = try await through.pool.query(Self.note, 1)
            await through.proxy.set { $0.isStalled = true }
            let lost = Task { try await through.pool.query(Self.note, 2) }
            // Its bytes would have arrived by now: others come and go beside them.
            for _ in 0..<20 { _ = try await through.noted() }
            await through.proxy.cut()
            let error = await #expect(throws: PostgresError.self) { _ = try await lost.value }
            #expect(error?.code == .connectionLost)
            #expect(try await through.noted() == [1])
            await through.proxy.set { $0.isStalled = false }
            _ = try await through.pool.query(Self.note, 3)
            #expect(try await through.noted() == [1, 3])
        }
    }

    @Test("what was held back while it was stalled goes on when it is over")
    func resumed() async throws {
        try await through { through in
            _ = try await through.pool.query(Self.note, 1)
            await through.proxy.set { $0.isStalled = true }
            async let held = through.pool.query(Self.note, 2)
            await through.proxy.set { $0.isStalled = false }
            _ = try await held
            #expect(try await through.noted() == [1, 2])
        }
    }

    @Test("a cut in the middle of an answer is a lost connection, and the next statement goes by a new one")
    func midAnswer() async throws {
        try await through { through in
            _ = try await through.pool.query(Self.note, 1)
            await through.proxy.cut(afterServerBytes: 5000)
            let error = await #expect(throws: PostgresError.self) {
                _ = try await through.pool.query(Self.text, Int32(100_000))
            }
            #expect(error?.code == .connectionLost)
            _ = try await through.pool.query(Self.note, 9)
            #expect(try await through.noted() == [1, 9])
        }
    }

    @Test("refused connections are said to be so; those that are open stay")
    func refused() async throws {
        try await through(patience: .seconds(3)) { through in
            _ = try await through.pool.query(Self.note, 1)
            await through.proxy.set { $0.refusesConnections = true }
            _ = try await through.pool.query(Self.note, 2)
            #expect(await through.proxy.cut() == 1)
            let error = await #expect(throws: PostgresError.self) {
                // The first may find the old connection broken, the next ones cannot open another.
                for n in 3...4 { do { _ = try await through.pool.query(Self.note, n) } catch  where n == 3 {} }
            }
            #expect(error?.code == .cannotConnect)
            #expect(try await through.noted() == [1, 2])
        }
    }

    @Test("bytes leave one behind the other at the line's speed, and arrive after its latency")
    func pace() {
        let now = ContinuousClock.now
        var faults = FaultyProxy.Faults()
        var pace = ProxyPace()
        #expect(pace.due(1000, at: now, faults) == now)
        faults.latency = .milliseconds(5)
        #expect(pace.due(1000, at: now, faults) == now + .milliseconds(5))
        faults.bytesPerSecond = 10_000
        #expect(pace.due(1000, at: now, faults) == now + .milliseconds(105))
        #expect(pace.due(1000, at: now, faults) == now + .milliseconds(205))
        // Later the line is free again.
        #expect(pace.due(100, at: now + .seconds(9), faults) == now + .milliseconds(9015))
        #expect(ProxyPace.piece(10_000) == 100 && ProxyPace.piece(3) == 1)
    }
}
