internal import Crypto
internal import FoundationEssentials
internal import Models

/// The key with which a service signs the seals of its audit trail: ECDSA on P-256, so that `openssl` alone can check a
/// signature as well.
public struct AuditKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// A new one.
    public init() {
        key = P256.Signing.PrivateKey()
    }

    /// Reads a PEM file's content.
    ///
    /// - Throws: ``AuditKeyError``, which quotes nothing of it.
    public init(pem: [UInt8]) throws(AuditKeyError) {
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: String(decoding: pem, as: UTF8.self))
        } catch {
            throw AuditKeyError(.noPrivateKey)
        }
    }

    /// The private key, for its file.
    public var pem: String { key.pemRepresentation }

    /// The public half, for those who verify.
    public var publicKey: AuditPublicKey { AuditPublicKey(key.publicKey) }

    /// Vouches for a head, at this time.
    func sign(_ head: AuditHead, at now: Instant) throws -> AuditSignature {
        let signed = AuditSignature.text(of: head, at: now)
        return AuditSignature(
            keyID: publicKey.id, signedAt: now, bytes: Array(try key.signature(for: signed).derRepresentation))
    }
}

/// The public half of a key that signs, or once signed, seals.
public struct AuditPublicKey: Sendable {
    /// The first eight bytes of the SHA-256 of the key in DER (SubjectPublicKeyInfo), in hexadecimal.
    public let id: String
    private let key: P256.Signing.PublicKey

    init(_ key: P256.Signing.PublicKey) {
        self.key = key
        id = Hexadecimal.encode(SHA256.hash(data: key.derRepresentation).prefix(8))
    }

    /// For a file of public keys.
    public var pem: String { key.pemRepresentation }

    /// Whether this key vouched for just this head.
    func vouches(for head: AuditHead, by signature: AuditSignature) -> Bool {
        guard signature.keyID == id else { return false }
        do {
            let parsed = try P256.Signing.ECDSASignature(derRepresentation: signature.bytes)
            return key.isValidSignature(parsed, for: AuditSignature.text(of: head, at: signature.signedAt))
        } catch {
            return false
        }
    }
}

/// The public keys of an installation, of today and of before: one PEM block after another.
public struct AuditPublicKeys: Sendable {
    private let keys: [String: AuditPublicKey]

    public init(_ keys: [AuditPublicKey]) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Reads a file's content.
    ///
    /// - Throws: ``AuditKeyError`` where it has no key, or one that is none on P-256.
    public init(pem: [UInt8]) throws(AuditKeyError) {
        let end = "-----END PUBLIC KEY-----"
        let blocks = String(decoding: pem, as: UTF8.self).split(separator: end)
        var keys: [AuditPublicKey] = []
        for block in blocks where block.contains("-----BEGIN") {
            do {
                keys.append(AuditPublicKey(try P256.Signing.PublicKey(pemRepresentation: block + end)))
            } catch {
                throw AuditKeyError(.noPublicKey)
            }
        }
        guard !keys.isEmpty else { throw AuditKeyError(.noPublicKey) }
        self.init(keys)
    }

    /// Whether this one is among them.
    public func contains(_ key: AuditPublicKey) -> Bool { keys[key.id] != nil }

    /// Whether one of them vouched for just this head.
    func vouch(for head: AuditHead, by signature: AuditSignature) -> Bool {
        keys[signature.keyID]?.vouches(for: head, by: signature) ?? false
    }
}

/// Why a file is no key of the audit trail.
public struct AuditKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: Hashable, Sendable {
        case noPrivateKey, noPublicKey
    }

    public let code: Code

    init(_ code: Code) {
        self.code = code
    }

    public var description: String {
        switch code {
        case .noPrivateKey: "the file holds no PEM private key on P-256"
        case .noPublicKey: "the file does not hold PEM public keys on P-256 only"
        }
    }
}
