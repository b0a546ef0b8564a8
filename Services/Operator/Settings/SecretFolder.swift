import Crypto
import FoundationEssentials
import JSON
import Models
import ServiceKit

/// The secrets of an installation, each in a file of its own that is made once and readable by its owner only.
struct SecretFolder {
    let url: URL

    init(_ path: String) throws {
        url = URL(filePath: path, directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// What every installation needs; returns the names of the files that were not there before.
    func makeSecrets(at now: Instant) throws -> [String] {
        let month = String(now.dateInUTC.description.prefix(7))
        var made: [String] = []
        for (login, _) in InstalledServices.names.flatMap(InstalledServices.logins) {
            made += try make("\(login).password") { Self.hexadecimal(Self.randomBytes(16)) }
        }
        made += try make("idempotency.key") { Self.base64(Self.randomBytes(32)) }
        // Named after the month, because rotation adds a key and keeps the old ones.
        made += try make("key-ring.json") {
            #"{"current": "\#(month)", "keys": [{"id": "\#(month)", "key": "\#(Self.base64(Self.randomBytes(32)))"}]}"#
        }
        made += try make("blind-index-keys.json") {
            #"{"keys": [{"version": 1, "key": "\#(Self.base64(Self.randomBytes(32)))"}]}"#
        }
        made += try make("token-signing.pem") { P384.Signing.PrivateKey().pemRepresentation }
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
        made += try make("issuers.json") {
            """
            [{"issuer": "\(LocalIssuer.issuer)", "jwksFile": "\(keys)", "audience": "\(LocalIssuer.audience)"}]
            """
        }
        return made
    }

    /// Writes the file unless it is there. It appears whole or not at all, closed to others from the beginning.
    private func make(_ name: String, _ content: () throws -> String) throws -> [String] {
        let file = url.appending(path: name)
        guard !FileManager.default.fileExists(atPath: file.path) else { return [] }
        let draft = url.appending(path: ".\(name).new")
        guard FileManager.default.createFile(atPath: draft.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw OperatorSettings.Mistake(description: "\(draft.path) cannot be written") }
        try Data((try content() + "\n").utf8).write(to: draft)
        try FileManager.default.moveItem(at: draft, to: file)
        return [name]
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        SymmetricKey(size: .init(bitCount: count * 8)).withUnsafeBytes { Array($0) }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
