import Foundation
import Models
import ServiceKit
import TestKit
import Testing

@testable import Operator

/// `handrail check`, the real executable.
@Suite("Checking an installation") struct CheckTests {
    /// A complete installation in a folder, on a database where one is given.
    private static func environment(_ folder: URL, database: String) throws -> [String: String] {
        let secrets = try SecretFolder(folder.path)
        _ = try secrets.makeSecrets(at: .init(unixSeconds: 1_795_000_000))
        _ = try secrets.makeLocalIssuer()
        func file(_ name: String) -> String { folder.appending(path: name).path }
        try Data(TestDatabase.password.utf8).write(to: URL(filePath: file("login.password")))
        var environment = [
            "HANDRAIL_ENV": "local", "HANDRAIL_TOKEN_ISSUERS": file("issuers.json"),
            "HANDRAIL_IDEMPOTENCY_KEY_FILE": file("idempotency.key"),
            "HANDRAIL_AUDIT_KEY_FILE": file("audit-signing.pem"),
            "HANDRAIL_REFERRALS_KEY_RING_FILE": file("key-ring.json"),
            "HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE": file("blind-index-keys.json"),
            "HANDRAIL_REFERRALS_TOKEN_KEY_FILE": file("token-signing.pem"),
        ]
        for (login, prefix) in InstalledServices.names.flatMap(InstalledServices.logins) {
            guard var url = TestDatabase.clusterURL.flatMap({ URLComponents(string: $0) }) else { continue }
            (url.user, url.password, url.path) = (login, nil, "/" + database)
            environment["\(prefix)_DATABASE_URL"] = url.string
            environment["\(prefix)_DATABASE_PASSWORD_FILE"] = file("login.password")
        }
        return environment
    }

    private static func check(_ environment: [String: String]) async throws -> (code: Int32, lines: [String]) {
        let result = try await BuiltExecutable("handrail").run(["check"], environment: environment)
        return (result.code, result.output.split(separator: "\n").map(String.init))
    }

    @Test("a complete installation is well: settings and both logins of every service")
    func complete() async throws {
        try await TestDatabase.with(migrations: InstalledServices.migrations) { database in
            try await withTemporaryFolder { folder in
                let (code, lines) = try await Self.check(try Self.environment(folder, database: database.name))
                #expect(code == 0)
                #expect(lines.count == 12)
                #expect(lines.allSatisfy { $0.hasPrefix("ok     ") }, "\(lines)")
            }
        }
    }

    @Test("without any settings each missing one is named for each service")
    func empty() async throws {
        let (code, lines) = try await Self.check([:])
        #expect(code == 1)
        for service in InstalledServices.names {
            let prefix = try #require(InstalledServices.logins(of: service).first?.prefix)
            for name in ["HANDRAIL_ENV", "HANDRAIL_TOKEN_ISSUERS", "\(prefix)_DATABASE_URL"] {
                #expect(lines.contains("FAILED \(service) settings: \(name) is missing"))
            }
        }
        for setting in InstalledServices.ownSettings(of: "referrals")
        where setting.fallback == nil || setting.isRequiredInProduction {
            #expect(lines.contains("FAILED referrals settings: \(setting.name) is missing"))
        }
    }

    @Test("every mistake is told at once, by the setting's name and never by its value")
    func mistakes() async throws {
        try await withTemporaryFolder { folder in
            var environment = try Self.environment(folder, database: "none")
            func file(_ name: String, _ text: String) throws -> String {
                let url = folder.appending(path: name)
                try Data(text.utf8).write(to: url)
                return url.path
            }
            let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
            environment["HANDRAIL_ENV"] = "production"
            environment["HANDRAIL_RATE_LIMIT_PER_MINUTE"] = "many"
            environment["HANDRAIL_REFERRALS_PUBLIC_URL"] = "http://user:\(secret)@here"
            environment["HANDRAIL_REFERRALS_KEY_RING_FILE"] = try file(
                "ring", #"{"current": "a", "keys": [{"id": "a", "key": "\#(secret)"}]}"#)
            environment["HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE"] = try file("index", secret)
            environment["HANDRAIL_REFERRALS_TOKEN_KEY_FILE"] = try file("pem", secret)
            environment["HANDRAIL_AUDIT_KEY_FILE"] = try file("audit", secret)
            environment["HANDRAIL_OUTCOMES_LISTEN"] = "0.0.0.0:8104"
            environment["HANDRAIL_SCHEDULING_DATABASE_PASSWORD_FILE"] = folder.appending(path: "gone").path
            let (code, lines) = try await Self.check(environment)
            #expect(code == 1)
            let expected = [
                "referrals settings: HANDRAIL_RATE_LIMIT_PER_MINUTE must be a number from 0 to 10000000",
                "referrals settings: HANDRAIL_REFERRALS_PUBLIC_URL: must be https, without a slash at the end",
                "referrals settings: HANDRAIL_REFERRALS_KEY_RING_FILE: a key does not have 32 bytes in base64, or two "
                    + "have the same name",
                "referrals settings: HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE: the file is not JSON of the documented form",
                "referrals settings: HANDRAIL_REFERRALS_TOKEN_KEY_FILE: the file holds no PEM private key on P-384",
                "outcomes settings: HANDRAIL_AUDIT_KEY_FILE: the file holds no PEM private key on P-256",
                "outcomes settings: HANDRAIL_OUTCOMES_LISTEN is not on loopback: TLS files or "
                    + "HANDRAIL_TLS=terminated-upstream are needed",
                "scheduling settings: HANDRAIL_SCHEDULING_DATABASE_PASSWORD_FILE: the file cannot be read",
            ]
            for line in expected { #expect(lines.contains("FAILED \(line)"), "\(line)") }
            #expect(!lines.joined().contains(secret))
        }
    }
}
