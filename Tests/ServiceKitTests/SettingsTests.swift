import FoundationEssentials
import Models
import Postgres
import Testing

@testable import ServiceKit

/// A folder with the files that settings name.
private struct Files {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    func good(_ changes: [String: String?] = [:]) throws -> [String: String] {
        var variables = [
            "HANDRAIL_ENV": "production",
            "HANDRAIL_PEER_MATCHING_DATABASE_URL": "postgresql://peer_matching@db/handrail?sslmode=verify-full",
            "HANDRAIL_PEER_MATCHING_DATABASE_PASSWORD_FILE": try write("password", "secret\n"),
            "HANDRAIL_PEER_MATCHING_WORKER_DATABASE_URL":
                "postgresql://peer_matching_worker@db/handrail?sslmode=verify-full",
            "HANDRAIL_PEER_MATCHING_WORKER_DATABASE_PASSWORD_FILE": try write("worker", "secret"),
            "HANDRAIL_TOKEN_ISSUERS": try write(
                "issuers.json", #"[{"issuer": "https://id.test", "jwks": "https://id.test/keys", "agencies": ["*"]}]"#
            ),
            "HANDRAIL_IDEMPOTENCY_KEY_FILE": try write("key", String(repeating: "k", count: 32)),
            "HANDRAIL_AUDIT_KEY_FILE": try write("audit.pem", AuditKey().pem),
        ]
        for (name, value) in changes { variables[name] = value }
        return variables
    }
}

@Suite("Settings") struct SettingsTests {
    private static func read(_ variables: [String: String], own: [SettingReference] = []) throws -> ServiceSettings {
        try ServiceSettings.read(service: "peer-matching", own: own, variables: variables)
    }

    @Test("a complete environment is accepted, with defaults for what may be left out")
    func complete() throws {
        let settings = try Self.read(try Files().good())
        #expect(settings.deployment == .production)
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8102))
        #expect(settings.operatorListen == ListenAddress(host: "127.0.0.1", port: 9102))
        #expect(settings.database.verifiesServer)
        #expect(
            settings.issuers == [
                TokenIssuer(issuer: "https://id.test", jwks: "https://id.test/keys", agencies: .all)
            ])
        #expect(settings.rateLimit == .init(burst: 600, perMinute: 6000))
    }

    @Test("a clock that callers set is only for trying things out")
    func rehearsal() throws {
        let mistakes = #expect(throws: ServiceSettings.Mistakes.self) {
            try Self.read(try Files().good(["HANDRAIL_CLOCK": "rehearsal"]))
        }
        #expect(mistakes?.sentences == ["HANDRAIL_CLOCK can only be rehearsal where HANDRAIL_ENV is local"])
        let local = try Self.read(try Files().good(["HANDRAIL_CLOCK": "rehearsal", "HANDRAIL_ENV": "local"]))
        #expect(local.clockSource == .rehearsal)
        #expect(try Self.read(try Files().good()).clockSource == .system)
    }

    @Test("an empty environment is refused with every missing setting at once")
    func empty() {
        let mistakes = #expect(throws: ServiceSettings.Mistakes.self) { try Self.read([:]) }
        #expect(
            mistakes?.sentences == [
                "HANDRAIL_ENV is missing",
                "HANDRAIL_PEER_MATCHING_DATABASE_URL is missing",
                "HANDRAIL_PEER_MATCHING_DATABASE_PASSWORD_FILE is missing",
                "HANDRAIL_PEER_MATCHING_WORKER_DATABASE_URL is missing",
                "HANDRAIL_PEER_MATCHING_WORKER_DATABASE_PASSWORD_FILE is missing",
                "HANDRAIL_TOKEN_ISSUERS is missing",
                "HANDRAIL_IDEMPOTENCY_KEY_FILE is missing",
                "HANDRAIL_AUDIT_KEY_FILE is missing",
            ]
        )
    }

    @Test(
        "what would leave people's data open is refused",
        arguments: [
            (["HANDRAIL_ENV": "prod"], "HANDRAIL_ENV must be one of local, production"),
            (
                ["HANDRAIL_PEER_MATCHING_DATABASE_URL": "postgresql://peer_matching@db/handrail?sslmode=require"],
                "HANDRAIL_PEER_MATCHING_DATABASE_URL needs sslmode=verify-full, because the server is not on this machine"
            ),
            (
                ["HANDRAIL_PEER_MATCHING_LISTEN": "0.0.0.0:8102"],
                "HANDRAIL_PEER_MATCHING_LISTEN is not on loopback: TLS files or HANDRAIL_TLS=terminated-upstream are needed"
            ),
            (["HANDRAIL_PEER_MATCHING_LISTEN": "8102"], "HANDRAIL_PEER_MATCHING_LISTEN must be host:port"),
            (["HANDRAIL_TLS": "off"], "HANDRAIL_TLS can only be terminated-upstream"),
            (
                ["HANDRAIL_TLS_CERTIFICATE_FILE": "/x"],
                "HANDRAIL_TLS_CERTIFICATE_FILE and HANDRAIL_TLS_PRIVATE_KEY_FILE belong together"
            ),
            (["HANDRAIL_IDEMPOTENCY_KEY_FILE": "/nowhere"], "HANDRAIL_IDEMPOTENCY_KEY_FILE: the file cannot be read"),
            (["HANDRAIL_AUDIT_KEY_FILE": ""], "HANDRAIL_AUDIT_KEY_FILE is missing"),
            (
                ["HANDRAIL_AUDIT_KEY_FILE": "/etc/hostname"],
                "HANDRAIL_AUDIT_KEY_FILE: the file holds no PEM private key on P-256"
            ),
            (
                ["HANDRAIL_RATE_LIMIT_PER_MINUTE": "-1"],
                "HANDRAIL_RATE_LIMIT_PER_MINUTE must be a number from 0 to 10000000"
            ),
        ]
    )
    func refused(_ change: [String: String], _ sentence: String) throws {
        let variables = try Files().good(change.mapValues { $0 })
        let mistakes = #expect(throws: ServiceSettings.Mistakes.self) { try Self.read(variables) }
        #expect(mistakes?.sentences == [sentence])
    }

    @Test(
        "a list of issuers that cannot be right is refused",
        arguments: [
            "[]", "{}", #"[{"issuer": "a", "agencies": ["*"]}]"#,
            #"[{"issuer": "a", "jwks": "http://id.test", "agencies": ["*"]}]"#,
            #"[{"issuer": "a", "jwks": "https://x", "jwksFile": "y", "agencies": ["*"]}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "aud": "y", "agencies": ["*"]}]"#,
            #"[{"issuer": "a", "jwksFile": "x"}]"#, #"[{"issuer": "https://id.test"}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "discovery": true, "agencies": ["*"]}]"#,
            #"[{"issuer": "https://id.test", "discovery": false, "agencies": ["*"]}]"#,
            #"[{"issuer": "http://id.test", "discovery": true, "agencies": ["*"]}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agencies": []}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agencies": ["x"]}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agency": "\#(AgencyID.north)", "agencies": ["\#(AgencyID.south)"]}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agencies": ["*"], "roles": ["king"]}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agencies": ["*"], "roleNames": {}}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agencies": ["*"], "roleNames": {"Kings": "king"}}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agencies": ["*"], "claims": {"king": "x"}}]"#,
            #"[{"issuer": "a", "jwksFile": "x", "agency": "\#(AgencyID.north)"}, {"issuer": "a", "jwksFile": "y", "agencies": ["*"]}]"#,
        ]
    )
    func issuers(_ json: String) throws {
        let files = try Files()
        let variables = try files.good(["HANDRAIL_TOKEN_ISSUERS": try files.write("wrong.json", json)])
        let mistakes = #expect(throws: ServiceSettings.Mistakes.self) { try Self.read(variables) }
        #expect(mistakes?.sentences.count == 1)
        #expect(mistakes?.sentences.first?.hasPrefix("HANDRAIL_TOKEN_ISSUERS") == true)
    }

    @Test("clients' certificates are found where TLS ends, and nowhere else")
    func clientCertificates() throws {
        let (authority, header) = ("HANDRAIL_TLS_CLIENT_CA_FILE", "HANDRAIL_TLS_CLIENT_CERTIFICATE_HEADER")
        let files = ["HANDRAIL_TLS_CERTIFICATE_FILE": "/c", "HANDRAIL_TLS_PRIVATE_KEY_FILE": "/k"]
        func read(_ variables: [String: String]) throws -> ClientCertificateSource? {
            try Self.read(try Files().good(variables.mapValues { $0 })).clientCertificates
        }
        #expect(try read([:]) == nil)
        #expect(try read(files.merging([authority: "/a"]) { $1 }) == .connection)
        #expect(try read(["HANDRAIL_TLS": "terminated-upstream", header: "Client-Cert"]) == .header("Client-Cert"))
        for wrong in [
            [authority: "/a"], [header: "Client-Cert"], files.merging([header: "Client-Cert"]) { $1 },
            files.merging([authority: "/a", header: "Client-Cert"]) { $1 },
            ["HANDRAIL_TLS": "terminated-upstream", authority: "/a"],
        ] {
            let mistakes = #expect(throws: ServiceSettings.Mistakes.self) { try read(wrong) }
            #expect(mistakes?.sentences.count == 1)
        }
    }

    @Test("behind a proxy a caller's address is what the proxy says, or not known at all")
    func callers() throws {
        let header = "HANDRAIL_CALLER_ADDRESS_HEADER"
        func read(_ variables: [String: String]) throws -> CallerAddressSource {
            try Self.read(try Files().good(variables.mapValues { $0 })).callers
        }
        #expect(try read([:]) == .connection)
        #expect(try read(["HANDRAIL_TLS": "terminated-upstream"]) == .unknown)
        #expect(try read(["HANDRAIL_TLS": "terminated-upstream", header: "X-Real"]) == .header("X-Real"))
        #expect(throws: ServiceSettings.Mistakes.self) { try read([header: "X-Real"]) }
    }

    @Test("an agency's own issuer is described by its names for claims and roles")
    func agencysIssuer() throws {
        let files = try Files()
        let json = """
            [{"issuer": "https://id.test", "agency": "\(AgencyID.north)", "claims": {"role": "groups", "peer": "/x/y"},
              "roleNames": {"Peers": "peer", "Leads": "supervisor"}, "roles": ["peer", "supervisor"]}]
            """
        let settings = try Self.read(try files.good(["HANDRAIL_TOKEN_ISSUERS": try files.write("own.json", json)]))
        #expect(
            settings.issuers == [
                TokenIssuer(
                    issuer: "https://id.test", agency: .north, roles: [.peer, .supervisor],
                    roleNames: ["Peers": .peer, "Leads": .supervisor], claims: ClaimNames(role: "groups", peer: "/x/y"))
            ])
    }

    @Test("only where things are tried out may an issuer that names no agency speak for all")
    func triedOut() throws {
        let files = try Files()
        let path = try files.write("local.json", #"[{"issuer": "a", "jwksFile": "x"}]"#)
        let settings = try Self.read(try files.good(["HANDRAIL_ENV": "local", "HANDRAIL_TOKEN_ISSUERS": path]))
        #expect(settings.issuers.first?.maySpeak(for: .south, as: .operator) == true)
    }

    @Test("TLS files or a proxy that ends TLS allow listening beyond loopback")
    func beyondLoopback() throws {
        let listen = "HANDRAIL_PEER_MATCHING_LISTEN"
        let upstream = try Self.read(
            try Files().good([listen: "[::]:8102", "HANDRAIL_TLS": "terminated-upstream"])
        )
        #expect(upstream.tls == .terminatedUpstream)
        let files = try Self.read(
            try Files().good([
                listen: "0.0.0.0:8102", "HANDRAIL_TLS_CERTIFICATE_FILE": "/c", "HANDRAIL_TLS_PRIVATE_KEY_FILE": "/k",
            ])
        )
        #expect(files.tls == .files(certificate: "/c", privateKey: "/k"))
    }

    @Test("a service's own settings are read with the others, files as secrets")
    func own() throws {
        let files = try Files()
        let own = [
            SettingReference("HANDRAIL_OWN", "x"), SettingReference("HANDRAIL_OWN_KEY_FILE", "x"),
            SettingReference("HANDRAIL_OPTIONAL", "x", fallback: "none"),
        ]
        let variables = try files.good(["HANDRAIL_OWN": "1", "HANDRAIL_OWN_KEY_FILE": try files.write("own", "s3\r\n")])
        let settings = try Self.read(variables, own: own)
        #expect(settings["HANDRAIL_OWN"] == "1")
        #expect(settings["HANDRAIL_OPTIONAL"] == nil)
        #expect(settings.secret("HANDRAIL_OWN_KEY_FILE") == Array("s3".utf8))
        let mistakes = #expect(throws: ServiceSettings.Mistakes.self) { try Self.read(try files.good(), own: own) }
        #expect(mistakes?.sentences == ["HANDRAIL_OWN is missing", "HANDRAIL_OWN_KEY_FILE is missing"])
    }

    @Test("the reference names every variable that is read")
    func reference() throws {
        let names = ServiceSettings.reference.map {
            $0.name.replacing("<SERVICE>", with: "PEER_MATCHING")
        }
        #expect(Set(names).count == names.count)
        for name in try Files().good().keys { #expect(names.contains(name)) }
        let markdown = ServiceSettings.markdown(ServiceSettings.reference)
        #expect(markdown.split(separator: "\n").count == names.count + 2)
    }
}
