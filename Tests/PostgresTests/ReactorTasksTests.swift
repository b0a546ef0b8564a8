import Glibc
import Logging
import Postgres
import TestKit
import Testing

@Suite("Tasks on the reactor's thread")
struct ReactorTasksTests {
    private static let double = Statement("test.double", "select $1::int4 * 2")

    /// Where the caller runs; 0 where it runs nowhere in particular.
    private static func thread() -> UInt { UInt(pthread_self()) }

    @Test("go on there after each answer, however many there are, and give way to each other")
    func staysThere() async throws {
        try await TestDatabase.with { (database) async throws -> Void in
            let reactor = Reactor()
            var configuration = Pool.Configuration(database.superuser)
            configuration.maximumConnections = 3
            let pool = Pool(configuration, reactor: reactor, logger: Logger(label: "test"))
            let threads = try await withTaskExecutorPreference(reactor) {
                try await withThrowingTaskGroup(of: Set<UInt>.self) { group in
                    for task in 1...20 {
                        group.addTask {
                            var threads: Set<UInt> = [Self.thread()]
                            for number in 1...20 {
                                let row = try await pool.query(Self.double, Int32(task * number))[0]
                                let doubled: Int32 = try row.value(0)
                                #expect(doubled == Int32(2 * task * number))
                                threads.insert(Self.thread())
                                await Task.yield()
                            }
                            return threads
                        }
                    }
                    return try await group.reduce(into: Set()) { $0.formUnion($1) }
                }
            }
            #expect(threads.count == 1)
            await pool.shutDown()
            reactor.shutdown()
        }
    }

    @Test("are cancelled like any other, and the thread goes on")
    func cancelled() async throws {
        try await TestDatabase.with { (database) async throws -> Void in
            let reactor = Reactor()
            let pool = Pool(.init(database.superuser), reactor: reactor, logger: Logger(label: "test"))
            let sleeping = Task(executorPreference: reactor) {
                try await pool.query(Statement("test.sleep", "select pg_sleep(600)"))
            }
            _ = try await pool.query(Self.double, Int32(1))
            sleeping.cancel()
            await #expect(throws: PostgresError.self) { () async throws -> Void in _ = try await sleeping.value }
            let doubled: Int32 = try await Task(executorPreference: reactor) {
                try await pool.query(Self.double, Int32(21))[0].value(0)
            }.value
            #expect(doubled == 42)
            await pool.shutDown()
            reactor.shutdown()
        }
    }

    @Test("that outlive it go on elsewhere")
    func outlived() async {
        let reactor = Reactor()
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        let reading = Task(executorPreference: reactor) {
            var sum = 0
            for await number in stream { sum += number }
            return sum
        }
        continuation.yield(1)
        reactor.shutdown()
        for number in 2...100 { continuation.yield(number) }
        continuation.finish()
        #expect(await reading.value == 5050)
        #expect(await Task(executorPreference: reactor) { 7 }.value == 7)
    }
}
