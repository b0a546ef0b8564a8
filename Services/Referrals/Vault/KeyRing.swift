internal import Crypto
internal import NIOConcurrencyHelpers
internal import ReferralsSettings

/// The keys that wrap participants' data keys: the current one, with which everything new is wrapped, and past ones,
/// which only open. Rotation adds a key, makes it current, and rewraps at leisure; no identity is encrypted anew.
///
/// The ring follows its file while the process runs (``KeyRingWatch``), so that a rotation restarts nothing.
final class KeyRing: Sendable {
    private let present: NIOLockedValueBox<Keys>
    /// The content of the ring's file now; nil for a ring without one.
    private let content: (@Sendable () throws -> [UInt8])?

    init(_ file: KeyRingFile, content: (@Sendable () throws -> [UInt8])? = nil) {
        present = NIOLockedValueBox(Keys(file))
        self.content = content
    }

    /// The key with which everything new is wrapped.
    var currentID: String { present.withLockedValue(\.currentID) }

    /// Encrypts under the current key; the result names the key, so that it can be opened after a rotation.
    func seal(_ plain: [UInt8], authenticating context: String) throws(VaultError) -> [UInt8] {
        let keys = present.withLockedValue(\.self)
        guard let key = keys.byID[keys.currentID] else { throw VaultError(.noCurrentKey) }
        let id = Array(keys.currentID.utf8)
        return [UInt8(id.count)] + id + (try Sealed.seal(plain, with: key, authenticating: context))
    }

    /// Decrypts under the key that the bytes name.
    ///
    /// - Throws: ``VaultError`` where that key is not in the ring, or the context or the bytes are not what was sealed.
    func open(_ sealed: [UInt8], authenticating context: String) throws(VaultError) -> [UInt8] {
        guard let id = Self.keyID(of: sealed) else { throw VaultError(.malformed) }
        guard let key = key(id) else { throw VaultError(.unknownKey) }
        return try Sealed.open(Array(sealed.dropFirst(1 + id.utf8.count)), with: key, authenticating: context)
    }

    /// Takes over what the file says now, unless it says the same as before.
    ///
    /// - Returns: whether the current key is another one.
    /// - Throws: what reading throws, ``KeyFileError``; the keys stay as they were.
    func reread() throws -> Bool {
        guard let content else { return false }
        let file = try KeyRingFile(json: try content())
        return present.withLockedValue { keys in
            let before = keys
            keys = Keys(file)
            keys.rereadAt = before.rereadAt
            return before.currentID != keys.currentID
        }
    }

    /// Another process wraps with a new key as soon as it has read it; this one may meet it some seconds earlier.
    private func key(_ id: String) -> SymmetricKey? {
        if let key = present.withLockedValue({ $0.byID[id] }) { return key }
        let isDue = present.withLockedValue { keys in
            guard keys.mayReread(at: .now) else { return false }
            keys.rereadAt = .now
            return true
        }
        // A few hundred bytes, once in a second at most, and only in the moments after a rotation: not worth a thread.
        // SAFETY: a file that cannot be read now leaves the key unknown, which the caller is told.
        if isDue { _ = try? reread() }
        return present.withLockedValue { $0.byID[id] }
    }

    private struct Keys {
        let currentID: String
        let byID: [String: SymmetricKey]
        /// When an unknown key last made the ring read its file.
        var rereadAt: ContinuousClock.Instant?

        init(_ file: KeyRingFile) {
            currentID = file.current
            byID = Dictionary(
                file.keys.map { ($0.id, SymmetricKey(data: $0.bytes)) }, uniquingKeysWith: { first, _ in first })
        }

        func mayReread(at now: ContinuousClock.Instant) -> Bool {
            rereadAt.map { now - $0 >= .seconds(1) } ?? true
        }
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
