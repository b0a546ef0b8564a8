internal import Crypto
internal import CryptoExtras

/// What one guess at a password costs (RFC 7914): rounds are a power of two, memory is 128 bytes × rounds × block size.
struct ScryptCost: Hashable, Sendable {
    var logRounds: UInt8
    var blockSize: UInt8
    var parallelism: UInt8

    /// OWASP's first choice for scrypt (Password Storage Cheat Sheet): 128 MiB for each.
    static let standard = ScryptCost(logRounds: 17, blockSize: 8, parallelism: 1)

    /// Whether a stored cost is one of ours: a row must not make us take a gigabyte.
    fileprivate var isKnown: Bool {
        (1...18).contains(logRounds) && (1...8).contains(blockSize) && (1...4).contains(parallelism)
    }
}

/// A password as it is stored: form, cost, salt and what scrypt makes of it, so that a later cost needs no migration.
enum PasswordHash {
    private static let form: UInt8 = 1
    private static let saltLength = 16
    private static let keyLength = 32

    static func make(_ password: String, cost: ScryptCost) throws -> [UInt8] {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        let key = try derive(password, salt, cost)
        return [form, cost.logRounds, cost.blockSize, cost.parallelism] + salt + key.withUnsafeBytes { Array($0) }
    }

    /// One that no password has, and that costs as much to find out.
    static func decoy(cost: ScryptCost) -> [UInt8] {
        let random = SymmetricKey(size: .init(bitCount: 8 * (saltLength + keyLength))).withUnsafeBytes { Array($0) }
        return [form, cost.logRounds, cost.blockSize, cost.parallelism] + random
    }

    static func holds(_ password: String, _ stored: [UInt8]) throws -> Bool {
        guard stored.count == 4 + saltLength + keyLength, stored[0] == form else { return false }
        let cost = ScryptCost(logRounds: stored[1], blockSize: stored[2], parallelism: stored[3])
        guard cost.isKnown else { return false }
        let key = try derive(password, Array(stored[4..<4 + saltLength]), cost)
        // Keys are compared in constant time.
        return key == SymmetricKey(data: stored[(4 + saltLength)...])
    }

    private static func derive(_ password: String, _ salt: [UInt8], _ cost: ScryptCost) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: keyLength, rounds: 1 << Int(cost.logRounds),
            blockSize: Int(cost.blockSize), parallelism: Int(cost.parallelism)
        )
    }
}
