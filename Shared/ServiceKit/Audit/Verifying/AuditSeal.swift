internal import Crypto
public import FoundationEssentials
public import Models

/// One seal as it is stored, with its signature where it has one.
struct AuditSeal: Sendable {
    var number: Int64
    var fromXID: Int64
    var toXID: Int64
    /// Eight bytes of each row's hash.
    var marks: [UInt8]
    var previousHash: [UInt8]
    var hash: [UInt8]
    var sealedAt: Instant
    var signature: AuditSignature?
}

/// The place of one row in an agency's audit trail.
public struct AuditRowKey: Hashable, Sendable {
    public let at: Instant
    public let auditID: UUID
}

/// Holds the rows of one seal against it, one after another in the order of their key. Keeps none of them.
struct SealCheck {
    private static let markLength = 8

    private let seal: AuditSeal
    /// None of the rows is kept any more; what would be found is no row of this seal.
    private let isEmptied: Bool
    private var hash = SHA256()
    private var count = 0
    private var mismatch: (row: AuditRowKey?, before: AuditRowKey?)?
    /// The newest row.
    private(set) var last: AuditRowKey?

    /// - Parameter retired: the rows that were dropped after their time.
    init(_ seal: AuditSeal, retired: RetiredRows.Share = .none) {
        self.seal = seal
        hash.update(data: seal.previousHash)
        hash.update(data: Array("\(seal.number) \(seal.fromXID) \(seal.toXID) ".utf8))
        switch retired {
        case .none: isEmptied = false
        case .all: isEmptied = true
        case .first(let hashes):
            isEmptied = false
            for start in stride(from: 0, to: hashes.count, by: SHA256.byteCount) {
                add(nil, hash: Array(hashes[start..<min(start + SHA256.byteCount, hashes.count)]))
            }
        }
    }

    /// The next row, as PostgreSQL writes it under fixed settings.
    mutating func add(_ key: AuditRowKey, text: String) {
        add(key, hash: Array(SHA256.hash(data: Array(text.utf8))))
    }

    private mutating func add(_ key: AuditRowKey?, hash rowHash: [UInt8]) {
        let place = count * Self.markLength
        let fits =
            place + Self.markLength <= seal.marks.count
            && seal.marks[place..<place + Self.markLength].elementsEqual(rowHash.prefix(Self.markLength))
        if !fits, mismatch == nil { mismatch = (key, last) }
        hash.update(data: rowHash)
        count += 1
        last = key
    }

    /// The first thing that is wrong, once all rows were added; nil where they are as they were sealed.
    func fault() -> (kind: AuditVerification.Fault.Kind, row: AuditRowKey?)? {
        // Nothing is left to hold the seal against but its signature and the next one.
        if isEmptied { return last.map { (.inserted, $0) } }
        let stored = seal.marks.count / Self.markLength
        if count < stored { return (.missing, mismatch.map(\.before) ?? last) }
        if let mismatch { return (count > stored ? .inserted : .altered, mismatch.row) }
        return Array(hash.finalize()) == seal.hash ? nil : (.sealAltered, nil)
    }
}
