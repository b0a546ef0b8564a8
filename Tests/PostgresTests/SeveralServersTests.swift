import Foundation
import TestKit
import Testing

@testable import Postgres

/// A client that knows several servers ends on the one that it wants, whatever is wrong with the others.
@Suite struct SeveralServersTests {
    static let isStandby = Step(Statement("test.recovery", "select pg_is_in_recovery()"), Bindings())

    /// Whether the server that these settings lead to is a standby.
    private func endsOnStandby(
        _ cluster: OwnCluster, ports: [Int], wanting wanted: String, on reactor: Reactor
    ) async throws -> Bool {
        var settings = try ConnectionSettings(
            url: Self.url(cluster, ports: ports, wanted), applicationName: "handrail-tests")
        settings.connectTimeout = .seconds(60)
        settings.perHostTimeout = .seconds(20)
        let connection = try await Connection.open(settings, on: reactor)
        let rows = try await connection.run([Self.isStandby])
        connection.close()
        return try rows[0][0].decode(Bool.self)
    }

    private static func url(_ cluster: OwnCluster, ports: [Int], _ wanted: String) throws -> String {
        let parts = try #require(URLComponents(string: cluster.url))
        let servers = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let login = "\(try #require(parts.user)):\(try #require(parts.password))"
        return "postgresql://\(login)@\(servers)/postgres?target_session_attrs=\(wanted)"
    }

    @Test("the writable server is found behind its standby, and a standby where one is preferred and there is one")
    func writable() async throws {
        let reactor = Reactor()
        defer { reactor.shutdown() }
        try await OwnCluster.with { primary in
            try await primary.withStandby { standby in
                let (first, second) = (try #require(Self.port(primary)), try #require(Self.port(standby)))
                for order in [[first, second], [second, first]] {
                    let ends = { wanted in
                        try await endsOnStandby(primary, ports: order, wanting: wanted, on: reactor)
                    }
                    #expect(try await ends("read-write") == false)
                    #expect(try await ends("primary") == false)
                    #expect(try await ends("read-only") == true)
                    #expect(try await ends("prefer-standby") == true)
                    #expect(try await ends("any") == (order.first == second))
                }
                #expect(
                    try await endsOnStandby(
                        primary, ports: [first, first], wanting: "prefer-standby", on: reactor) == false)
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await endsOnStandby(
                        primary, ports: [second, second], wanting: "read-write", on: reactor)
                }
                #expect(error?.description.contains("2 of 2: the server takes no writes") == true)
            }
        }
    }

    @Test("a server that takes connections and never answers leaves time for the next one", .timeLimit(.minutes(10)))
    func silent() async throws {
        let listener = try LoopbackListener()
        try await TestDatabase.with { database in
            let parts = try #require(URLComponents(string: database.cluster))
            let (port, user) = (try #require(parts.port), try #require(parts.user))
            var settings = try ConnectionSettings(
                url: "postgresql://\(user)@127.0.0.1:\(listener.port),127.0.0.1:\(port)/\(database.name)",
                password: parts.password, applicationName: "handrail-tests")
            // More than the test may take: without a share of its own the silent server would use up all of it.
            settings.connectTimeout = .seconds(600)
            settings.perHostTimeout = .milliseconds(50)
            let connection = try await Connection.open(settings, on: database.reactor)
            #expect(connection.isOpen)
            connection.close()
        }
        listener.close()
    }

    private static func port(_ cluster: OwnCluster) -> Int? { URLComponents(string: cluster.url)?.port }
}
