internal import Crypto

/// One forward-only change of the schema, from a file `V0001_verb_object.sql` that is embedded in the program.
///
/// It runs in one transaction as the owner role. A first line `-- as-migrator` runs it as the migrating login instead
/// (for roles and extensions); `-- no-transaction` runs its statements one by one outside a transaction.
public struct Migration: Hashable, Sendable {
    /// 1 for `V0001`; files of one set are numbered without gaps.
    public let version: Int
    /// The file name without ending.
    public let name: String
    public let sql: String

    /// - Parameters:
    ///   - name: the file name with or without `.sql`.
    ///   - bytes: the file's content.
    public init(_ name: String, _ bytes: [UInt8]) {
        self.name = name.hasSuffix(".sql") ? String(name.dropLast(4)) : name
        version = Int(self.name.dropFirst().prefix(4)) ?? 0
        sql = String(decoding: bytes, as: UTF8.self)
    }

    /// SHA-256 of the file in hexadecimal: an applied file that changes afterwards is refused.
    public var checksum: String {
        SHA256.hash(data: Array(sql.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    var runsAsMigrator: Bool { sql.hasPrefix("-- as-migrator") }
    var runsWithoutTransaction: Bool { sql.hasPrefix("-- no-transaction") }
}

/// The migrations of one schema, in their order.
public struct MigrationSet: Sendable {
    /// The set's name in the record: `platform`, `message_table`, `referral`.
    public let name: String
    public let migrations: [Migration]

    public init(_ name: String, _ migrations: [Migration]) {
        self.name = name
        self.migrations = migrations
    }
}
