import Foundation
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import Postgres

/// Names of servers are resolved before libpq sees them, and stay beside their addresses.
@Suite struct ServerHostsTests {
    @Test("each address has its host's name beside it, for the certificate, and its host's port")
    func addresses() throws {
        let hosts = try #require(ServerHosts(["host": "one,/run/postgresql,two,gone", "port": "1,2,3,4", "user": "u"]))
        #expect(hosts.names == ["one", "two", "gone"] && hosts.count == 4)
        let attempts = hosts.attempts(["one": ["10.0.0.1", "::1"], "two": ["10.0.0.2"], "gone": []])
        #expect(
            attempts == [
                ["host": "one", "hostaddr": "10.0.0.1", "port": "1", "user": "u"],
                ["host": "one", "hostaddr": "::1", "port": "1", "user": "u"],
                ["host": "/run/postgresql", "port": "2", "user": "u"],
                ["host": "two", "hostaddr": "10.0.0.2", "port": "3", "user": "u"],
            ])
    }

    @Test("one port holds for all; without one libpq's own is used")
    func ports() {
        let both = ServerHosts(["host": "a,b", "port": "7"])?.attempts(["a": ["1"], "b": ["2"]])
        #expect(both?.map { $0["port"] } == ["7", "7"])
        let single = ServerHosts(["host": "a"])?.attempts(["a": ["1", "2"]])
        #expect(single == [["host": "a", "hostaddr": "1"], ["host": "a", "hostaddr": "2"]])
    }

    @Test("an address that is given is not looked up, and is tried by itself as well")
    func given() {
        let hosts = ServerHosts(["host": "a,b", "hostaddr": "10.0.0.1,", "port": "7"])
        #expect(hosts?.names == ["b"])
        let attempts = hosts?.attempts(["b": ["10.0.0.2"]])
        #expect(attempts?.map { $0["hostaddr"] } == ["10.0.0.1", "10.0.0.2"])
        #expect(ServerHosts(["hostaddr": "10.0.0.1,10.0.0.2"])?.attempts([:]).count == 2)
        #expect(ServerHosts(["host": "/run/postgresql"])?.attempts([:]) == [["host": "/run/postgresql"]])
        for address in ["10.0.0.1", "::1"] {
            #expect(ServerHosts(["host": address])?.names == [])
            #expect(ServerHosts(["host": address])?.attempts([:]) == [["host": address, "hostaddr": address]])
        }
    }

    @Test("no server, or lists that do not fit, are left to libpq; a name without address is no server")
    func nothing() {
        #expect(ServerHosts([:]) == nil)
        #expect(ServerHosts(["host": "a,b,c", "port": "1,2"]) == nil)
        #expect(ServerHosts(["host": "a,b", "hostaddr": "10.0.0.1"]) == nil)
        #expect(ServerHosts(["host": "gone"])?.attempts(["gone": []]) == [])
    }

    @Test("a standby is preferred by asking all for one first, and then for anything")
    func preferStandby() {
        let attempts = ServerHosts(["host": "/a,/b", "target_session_attrs": "prefer-standby"])?.attempts([:])
        #expect(attempts?.map { $0["host"] } == ["/a", "/b", "/a", "/b"])
        #expect(attempts?.map { $0["target_session_attrs"] } == ["standby", "standby", "any", "any"])
        let writable = ServerHosts(["host": "/a,/b", "target_session_attrs": "read-write"])?.attempts([:])
        #expect(writable?.map { $0["target_session_attrs"] } == ["read-write", "read-write"])
    }

    @Test("connect_timeout in the URL is the time for each server, as in libpq")
    func connectTimeout() throws {
        let settings = try ConnectionSettings(url: "postgresql://a,b,c/x?connect_timeout=3", applicationName: "test")
        #expect(settings.perHostTimeout == .seconds(3) && settings.connectTimeout == .seconds(9))
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
            connection.close()
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
            connection.close()
            let second = try await Connection.open(several, on: reactor)
            second.close()
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
