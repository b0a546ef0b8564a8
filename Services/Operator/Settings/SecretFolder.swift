import Crypto
import FoundationEssentials
import JSON
import Models
import ReferralsSettings
import ServiceKit

/// The secrets of an installation, each in a file of its own that is made once and readable by its owner only.
struct SecretFolder {
    let url: URL

    init(_ path: String) throws {
        url = URL(filePath: path, directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// A folder that was made before.
    init(existing path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    /// What every installation needs; returns the names of the files that were not there before.
    func makeSecrets(at now: Instant) throws -> [String] {
        let month = String(now.dateInUTC.description.prefix(7))
        var made: [String] = []
        for (login, _) in InstalledServices.names.flatMap(InstalledServices.logins) {
            made += try make("\(login).password") { Hexadecimal.encode(Self.randomBytes(16)) }
        }
        made += try make("idempotency.key") { Self.base64(Self.randomBytes(32)) }
        // Named after the month, because rotation adds a key and keeps the old ones.
        made += try make("key-ring.json") {
            let key = KeyRingFile.Key(id: month, bytes: Self.randomBytes(32))
            return String(decoding: try KeyRingFile(current: month, keys: [key]).json, as: UTF8.self)
        }
        made += try make("blind-index-keys.json") {
            String(decoding: try IndexKeysFile([1: Self.randomBytes(32)]).json, as: UTF8.self)
        }
        made += try make("token-signing.pem") { P384.Signing.PrivateKey().pemRepresentation }
        made += try make(Self.auditKey) { AuditKey().pem }
        made += try publishAuditKey(auditKey())
        return made
    }

    /// An issuer that stands in for the agencies' identity provider where things are tried out.
    func makeLocalIssuer() throws -> [String] {
        var made = try make("issuer.pem") { P384.Signing.PrivateKey().pemRepresentation }
        let pem = String(decoding: try Data(contentsOf: url.appending(path: "issuer.pem")), as: UTF8.self)
        let key = try P384.Signing.PrivateKey(pemRepresentation: pem).publicKey.webKey(id: LocalIssuer.keyID)
        made += try make("issuer.jwks.json") {
            String(decoding: (["keys": [key]] as JSONValue).serialized(), as: UTF8.self)
        }
        let keys = url.appending(path: "issuer.jwks.json").path
        let roles = JSONValue.array(Role.allCases.map { .string($0.rawValue) })
        made += try make("issuers.json") {
            """
            [{"issuer": "\(LocalIssuer.issuer)", "jwksFile": "\(keys)", "audience": "\(LocalIssuer.audience)", \
            "agencies": ["*"], "roles": \(String(decoding: roles.serialized(), as: UTF8.self))}]
            """
        }
        return made
    }

    /// Adds a key to the ring, as the current one unless it is in stand-by; returns its id.
    ///
    /// - Parameter id: the month, with a number where it is taken, if left out.
    func addRingKey(id: String?, isCurrent: Bool, at now: Instant) throws -> String {
        let month = String(now.dateInUTC.description.prefix(7))
        var added = ""
        try changeRing { ring in
            let taken = Set(ring.keys.map(\.id))
            let names = [month] + (2...(taken.count + 2)).map { "\(month)-\($0)" }
            added = id ?? names.first { !taken.contains($0) } ?? month
            let more = try ring.adding(KeyRingFile.Key(id: added, bytes: Self.randomBytes(32)))
            return isCurrent ? try more.using(added) : more
        }
        return added
    }

    /// Makes a key of the ring the current one.
    func useRingKey(_ id: String) throws {
        try changeRing { try $0.using(id) }
    }

    /// The name of the key with which everything new is wrapped.
    func currentRingKey() throws -> String {
        let file = url.appending(path: "key-ring.json")
        do {
            return try KeyRingFile(json: Array(try Data(contentsOf: file))).current
        } catch let error as KeyFileError {
            throw OperatorSettings.Mistake(description: "key-ring.json is no ring: \(error)")
        }
    }

    private func changeRing(_ change: (KeyRingFile) throws -> KeyRingFile) throws {
        try SecretFile(url.appending(path: "key-ring.json")).replace { content in
            do {
                return try change(try KeyRingFile(json: content)).json + [0x0A]
            } catch let error as KeyFileError {
                throw OperatorSettings.Mistake(description: "key-ring.json would not be a ring: \(error)")
            }
        }
    }

    // MARK: The audit trail's key

    private static let auditKey = "audit-signing.pem"
    private static let auditPublicKeys = "audit-public.pem"

    /// Puts another key in the place of the one that signs the audit trail's seals; returns its id. The public keys of
    /// those before stay, because what they signed is verified for as long as it is kept.
    func renewAuditKey() throws -> String {
        let key = AuditKey()
        // First, so that nothing is ever signed that cannot be verified.
        _ = try publishAuditKey(try auditKey())
        _ = try publishAuditKey(key)
        try SecretFile(url.appending(path: Self.auditKey)).replace { _ in Array((key.pem + "\n").utf8) }
        return key.publicKey.id
    }

    private func auditKey() throws -> AuditKey {
        do {
            return try AuditKey(pem: Array(try Data(contentsOf: url.appending(path: Self.auditKey))))
        } catch let error as AuditKeyError {
            throw OperatorSettings.Mistake(description: "\(Self.auditKey): \(error)")
        }
    }

    /// Adds a key's public half to the file of them, unless it is there; returns the name of the file where that is new.
    private func publishAuditKey(_ key: AuditKey) throws -> [String] {
        let file = url.appending(path: Self.auditPublicKeys)
        guard FileManager.default.fileExists(atPath: file.path) else {
            return try make(Self.auditPublicKeys) { key.publicKey.pem }
        }
        try SecretFile(file).replace { content in
            do {
                if try AuditPublicKeys(pem: content).contains(key.publicKey) { return content }
            } catch {
                throw OperatorSettings.Mistake(description: "\(Self.auditPublicKeys): \(error)")
            }
            return content + Array((key.publicKey.pem + "\n").utf8)
        }
        return []
    }

    /// Writes the file unless it is there.
    private func make(_ name: String, _ content: () throws -> String) throws -> [String] {
        let file = url.appending(path: name)
        guard !FileManager.default.fileExists(atPath: file.path) else { return [] }
        try SecretFile(file).write(Array((try content() + "\n").utf8))
        return [name]
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        SymmetricKey(size: .init(bitCount: count * 8)).withUnsafeBytes { Array($0) }
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
