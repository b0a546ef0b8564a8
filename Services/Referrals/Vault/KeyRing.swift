internal import Crypto
internal import ReferralsSettings

/// The keys that wrap participants' data keys: the current one, with which everything new is wrapped, and past ones,
/// which only open. Rotation adds a key, makes it current, and rewraps at leisure; no identity is encrypted anew.
struct KeyRing: Sendable {
    let currentID: String
    private let keys: [String: SymmetricKey]

    init(_ file: KeyRingFile) {
        currentID = file.current
        keys = Dictionary(
            file.keys.map { ($0.id, SymmetricKey(data: $0.bytes)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Encrypts under the current key; the result names the key, so that it can be opened after a rotation.
    func seal(_ plain: [UInt8], authenticating context: String) throws(VaultError) -> [UInt8] {
        guard let key = keys[currentID] else { throw VaultError(.noCurrentKey) }
        let id = Array(currentID.utf8)
        return [UInt8(id.count)] + id + (try Sealed.seal(plain, with: key, authenticating: context))
    }

    /// Decrypts under the key that the bytes name.
    ///
    /// - Throws: ``VaultError`` where that key is not in the ring, or the context or the bytes are not what was sealed.
    func open(_ sealed: [UInt8], authenticating context: String) throws(VaultError) -> [UInt8] {
        guard let id = Self.keyID(of: sealed) else { throw VaultError(.malformed) }
        guard let key = keys[id] else { throw VaultError(.unknownKey) }
        return try Sealed.open(Array(sealed.dropFirst(1 + id.utf8.count)), with: key, authenticating: context)
    }

    /// The key that sealed these bytes.
    static func keyID(of sealed: [UInt8]) -> String? {
        guard let length = sealed.first, sealed.count > Int(length) else { return nil }
        return String(validating: sealed.dropFirst().prefix(Int(length)), as: UTF8.self)
    }
}

/// AES-256-GCM with the form of the bytes in front: a later form can be told apart.
enum Sealed {
    private static let form: UInt8 = 1

    static func seal(
        _ plain: [UInt8], with key: SymmetricKey, authenticating context: String
    ) throws(VaultError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(plain, using: key, authenticating: Array(context.utf8))
            guard let combined = box.combined else { throw VaultError(.malformed) }
            return [form] + Array(combined)
        } catch {
            throw VaultError(.malformed)
        }
    }

    static func open(
        _ sealed: [UInt8], with key: SymmetricKey, authenticating context: String
    ) throws(VaultError) -> [UInt8] {
        guard sealed.first == form else { throw VaultError(.malformed) }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst())
            return Array(try AES.GCM.open(box, using: key, authenticating: Array(context.utf8)))
        } catch {
            throw VaultError(.notAuthentic)
        }
    }
}

/// Why something cannot be sealed or opened. Says nothing of what is inside.
struct VaultError: Error, Hashable, CustomStringConvertible {
    enum Code: String, Hashable {
        case noCurrentKey
        /// The bytes name a key that is not in the ring.
        case unknownKey
        /// The bytes do not have the form of anything sealed here.
        case malformed
        /// The participant's identity was erased, and with it the key.
        case erased
        /// The bytes were changed, or belong to another agency, participant or column.
        case notAuthentic
    }

    let code: Code

    init(_ code: Code) {
        self.code = code
    }

    var description: String { "vault: \(code.rawValue)" }
}
