import Foundation
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import Postgres

/// Names of servers are resolved before libpq sees them, and stay beside their addresses.
@Suite struct ServerHostsTests {
    @Test("each address has its host's name beside it, for the certificate, and its host's port")
    func addresses() throws {
        let hosts = try #require(ServerHosts(["host": "one,/run/postgresql,two,gone", "port": "1,2,3,4"]))
        #expect(hosts.names == ["one", "two", "gone"])
        let parameters = hosts.parameters(["one": ["10.0.0.1", "::1"], "two": ["10.0.0.2"], "gone": []])
        #expect(
            parameters == [
                "host": "one,one,/run/postgresql,two", "hostaddr": "10.0.0.1,::1,,10.0.0.2", "port": "1,1,2,3",
            ])
    }

    @Test("one port holds for all; without one libpq's own is used")
    func ports() {
        #expect(ServerHosts(["host": "a,b", "port": "7"])?.parameters(["a": ["1"], "b": ["2"]])?["port"] == "7,7")
        #expect(ServerHosts(["host": "a"])?.parameters(["a": ["1", "2"]]) == ["host": "a,a", "hostaddr": "1,2"])
    }

    @Test("nothing is resolved for a socket, beside an address, or where the ports do not fit")
    func nothing() {
        #expect(ServerHosts([:]) == nil)
        #expect(ServerHosts(["host": "/run/postgresql"]) == nil)
        #expect(ServerHosts(["host": "db", "hostaddr": "10.0.0.1"]) == nil)
        #expect(ServerHosts(["host": "a,b,c", "port": "1,2"]) == nil)
        #expect(ServerHosts(["host": "gone"])?.parameters(["gone": []]) == nil)
    }

    @Test("the system's resolver knows this machine")
    func system() {
        #expect(NameResolver.system("localhost").contains { $0 == "127.0.0.1" || $0 == "::1" })
        #expect(NameResolver.system("192.0.2.7") == ["192.0.2.7"])
        #expect(NameResolver.system("name.invalid") == [])
    }

    @Test("a server is reached by a name that only the resolver knows, at the address that answers")
    func reached() async throws {
        let reactor = Reactor(names: NameResolver { $0 == "db.test" ? ["127.0.0.9", "127.0.0.1"] : [] })
        defer { reactor.shutdown() }
        try await TestDatabase.with { database in
            let connection = try await Connection.open(try database.superuser(at: "db.test"), on: reactor)
            let rows = try await connection.run([Step(Statement("test.one", "select 1"), Bindings())])
            #expect(try rows[0][0].decode(Int.self) == 1)
            await connection.close()
            let unknown = try database.superuser(at: "other.test")
            let error = await #expect(throws: PostgresError.self) {
                _ = try await Connection.open(unknown, on: reactor)
            }
            #expect(error?.code == .cannotConnect)
            #expect(error?.description.contains("other.test") == false)
        }
    }

    @Test("a silent name server holds up nobody else, costs one thread, and ends with the connection's time limit")
    func silent() async throws {
        let asked = NIOLockedValueBox(0)
        let answer = DispatchSemaphore(value: 0)
        let names = NameResolver { name in
            guard name == "silent.test" else { return ["127.0.0.1"] }
            asked.withLockedValue { $0 += 1 }
            answer.wait()
            return ["127.0.0.1"]
        }
        let reactor = Reactor(names: names)
        defer { reactor.shutdown() }
        try await TestDatabase.with { database in
            var silent = try database.superuser(at: "silent.test")
            silent.connectTimeout = .milliseconds(400)
            let impatient = silent
            let waiting = (0..<20).map { _ in
                Task { _ = try await Connection.open(impatient, on: reactor) as Connection }
            }
            let connection = try await Connection.open(try database.superuser(at: "db.test"), on: reactor)
            _ = try await connection.run([Step(Statement("test.one", "select 1"), Bindings())])
            for task in waiting {
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.code == .cannotConnect)
            }
            #expect(asked.withLockedValue { $0 } == 1)
            // Beside a name that is not answered for, the others are still reached.
            var several = try database.superuser(at: "silent.test,db.test")
            several.connectTimeout = .seconds(16)
            await connection.close()
            let second = try await Connection.open(several, on: reactor)
            await second.close()
            answer.signal()
        }
    }
}

extension TestDatabase {
    /// The superuser's settings with other names for the server.
    fileprivate func superuser(at hosts: String) throws -> ConnectionSettings {
        let url = try #require(Self.clusterURL).replacingOccurrences(of: "127.0.0.1", with: hosts)
        var settings = try ConnectionSettings(url: url, applicationName: "handrail-tests").database(name)
        // As for all tests: a busy machine must not fail them.
        settings.connectTimeout = .seconds(60)
        return settings
    }
}
