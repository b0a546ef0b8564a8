import Foundation
import TestKit
import Testing

@testable import Postgres

/// Connections that nobody between the service and PostgreSQL can read or take over.
@Suite struct TLSTests {
    typealias Certificates = OwnCluster.Certificates

    static let encryption = Step(
        Statement("test.tls", "select ssl, current_user::text from pg_stat_ssl where pid = pg_backend_pid()"),
        Bindings())

    /// Every name leads to this machine; which one the client asked for decides what certificate it accepts.
    private func with(_ body: @Sendable (Servers) async throws -> Void) async throws {
        let reactor = Reactor(names: NameResolver { _ in ["127.0.0.1"] })
        defer { reactor.shutdown() }
        try await OwnCluster.withTLS { cluster, certificates in
            try await body(Servers(cluster: cluster, certificates: certificates, reactor: reactor))
        }
    }

    private struct Servers: Sendable {
        let cluster: OwnCluster
        let certificates: Certificates
        let reactor: Reactor

        func settings(
            host: String = Certificates.serverName, port: Int? = nil, authority: String? = nil, login: String? = nil,
            client: (certificate: String, key: String)? = nil, _ options: String = ""
        ) throws -> ConnectionSettings {
            let parts = try #require(URLComponents(string: cluster.url))
            let certificate = client.map { "&sslcert=\($0.certificate)&sslkey=\($0.key)" } ?? ""
            let authority = authority ?? certificates.authority
            var settings = try ConnectionSettings(
                url: "postgresql://\(host):\(try #require(port ?? parts.port))/postgres?sslmode=verify-full"
                    + "&sslrootcert=\(authority)\(certificate)\(options)", applicationName: "handrail-tests"
            ).login(login ?? "postgres", password: login == nil ? parts.password : nil)
            settings.connectTimeout = .seconds(60)
            return settings
        }

        /// Whether the connection is encrypted, and whose it is.
        func visit(_ settings: ConnectionSettings) async throws -> (Bool, String) {
            let connection = try await Connection.open(settings, on: reactor)
            let rows = try await connection.run([TLSTests.encryption])
            connection.close()
            return try rows[0][0].decode((Bool, String).self)
        }

        /// Why there is no connection.
        func refusal(_ settings: ConnectionSettings) async -> PostgresError? {
            await #expect(throws: PostgresError.self) {
                let connection = try await Connection.open(settings, on: reactor)
                connection.close()
            }
        }
    }

    @Test("the server is taken by the name in its certificate, and by no other", .timeLimit(.minutes(10)))
    func serverName() async throws {
        try await with { servers in
            let (isEncrypted, login) = try await servers.visit(try servers.settings())
            #expect(isEncrypted && login == "postgres")

            let other = await servers.refusal(try servers.settings(host: "other.handrail.test"))
            #expect(other?.description == "PostgreSQL: cannotConnect: the server's certificate is for another name")

            let unknown = await servers.refusal(try servers.settings(authority: servers.certificates.otherAuthority))
            #expect(unknown?.description == "PostgreSQL: cannotConnect: the server's certificate could not be verified")

            let missing = await servers.refusal(try servers.settings(authority: "/nowhere/secret.crt"))
            #expect(missing?.description == "PostgreSQL: cannotConnect: the file of sslrootcert cannot be read")

            // Of several servers, the one with the right name.
            let both = try servers.settings(host: "other.handrail.test,\(Certificates.serverName)")
            #expect(try await servers.visit(both).0)
        }
    }

    @Test("a client is let in by its certificate, and by no other", .timeLimit(.minutes(10)))
    func clientCertificate() async throws {
        try await with { servers in
            let (login, files) = (Certificates.login, servers.certificates)
            let (isEncrypted, user) = try await servers.visit(try servers.settings(login: login, client: files.client))
            #expect(isEncrypted && user == login)

            let without = await servers.refusal(try servers.settings(login: login))
            #expect(without?.description == "PostgreSQL: cannotConnect 28000: the server refused the login")

            let stranger = await servers.refusal(try servers.settings(login: login, client: files.stranger))
            #expect(stranger?.code == .cannotConnect)

            let mixed = (certificate: files.client.certificate, key: files.stranger.key)
            let unfitting = await servers.refusal(try servers.settings(login: login, client: mixed))
            #expect(
                unfitting?.description
                    == "PostgreSQL: cannotConnect: the client's certificate or key cannot be used")
        }
    }

    @Test("the password can be bound to the server's certificate, and must not be sent where it cannot")
    func channelBinding() async throws {
        try await with { servers in
            let bound = try servers.settings("&channel_binding=require")
            #expect(try await servers.visit(bound).0)
        }
        try await TestDatabase.with { database in
            for (option, reason) in [
                ("channel_binding=require", "channel binding was required and is not possible"),
                ("sslmode=require", "the server does not speak TLS"),
            ] {
                let settings = try ConnectionSettings(
                    url: "\(database.cluster)?\(option)", applicationName: "handrail-tests")
                let error = await #expect(throws: PostgresError.self) {
                    let connection = try await Connection.open(settings, on: database.reactor)
                    connection.close()
                }
                #expect(error?.description == "PostgreSQL: cannotConnect: \(reason)")
            }
        }
    }

    static let rows = Statement("test.rows", "select i, repeat('x', $2::int4) from generate_series(1, $1) i")
    static let length = Statement("test.length", "select octet_length($1)")

    @Test("large and many results arrive whole, in both directions", .timeLimit(.minutes(10)))
    func large() async throws {
        try await with { servers in
            let connection = try await Connection.open(try servers.settings(), on: servers.reactor)
            for (count, size) in [(1, 5_000_000), (20_000, 1_000), (3, 40_000)] {
                let rows = try await connection.run([Step(Self.rows, Bindings(count, size))])[0]
                #expect(rows.count == count)
                for row in rows { #expect(try row.decode((Int, String).self).1.utf8.count == size) }
            }
            let large = [UInt8](repeating: 7, count: 8_000_000)
            let length = try await connection.run([Step(Self.length, Bindings(large))])[0][0].decode(Int.self)
            #expect(length == large.count)
            connection.close()
        }
    }

    // OpenSSL takes a whole record from the socket, and libpq perhaps less of it: what is left makes no descriptor
    // readable, and whoever waits for that waits for ever. PostgreSQL 15 itself never fills more than half of a record.
    @Test("answers in full records arrive whole", .timeLimit(.minutes(10)))
    func pendingBytes() async throws {
        try await with { servers in
            let pooler = try FullRecords(servers.certificates.server, inFrontOf: servers.cluster.socket)
            let settings = try servers.settings(port: pooler.port)
            let connection = try await Connection.open(settings, on: servers.reactor)
            // Rows that leave a part of themselves in libpq's buffer, so that the next record does not fit: one answer in
            // five ends with such a record. No row is so long that libpq takes a larger buffer.
            for count in 1...60 {
                let rows = try await connection.run([Step(Self.rows, Bindings(count, 7_000))])[0]
                #expect(rows.count == count)
            }
            connection.close()
            await pooler.finished()
        }
    }
}
