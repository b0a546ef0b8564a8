internal import Models

/// A seal as the one who signs it sees it: where it stands in its agency's chain.
struct AuditLink: Hashable, Sendable {
    var head: AuditHead
    /// In hexadecimal.
    let previousHash: String
}

/// Decides which seals a process vouches for: those that follow on what was vouched for before.
///
/// PostgreSQL makes the seals, so whoever owns it could put others in their place. Of what a process has once stored a
/// signature, or seen one, it remembers until it ends: it never signs a second seal with that number, nor one that follows
/// on another chain.
struct AuditSigner: Sendable {
    private let key: AuditKey
    private var known: [AgencyID: AuditHead] = [:]

    init(_ key: AuditKey) {
        self.key = key
    }

    /// Signs what follows in one agency's chain; once that is stored, ``remember(_:)`` is told.
    ///
    /// - Parameter chain: the last signed seal, if there is one, and those behind it, in their order.
    /// - Returns: the signed heads; nil where the chain is not the one that was signed before.
    mutating func sign(_ chain: [AuditLink], at now: Instant) throws -> [AuditHead]? {
        var last = chain.first.flatMap { known[$0.head.agencyID] }
        var signed: [AuditHead] = []
        for link in chain {
            var head = link.head
            if let signature = head.signature {
                guard follows(head, signature, on: last) else { return nil }
                known[head.agencyID] = head
            } else {
                guard head.number == (last?.number ?? 0) + 1, last.map({ $0.hash == link.previousHash }) ?? true else {
                    return nil
                }
                head.signature = try key.sign(head, at: now)
                signed.append(head)
            }
            last = head
        }
        return signed
    }

    /// These are stored with their signatures. Where that failed, the same seals are signed at the next turn.
    mutating func remember(_ heads: [AuditHead]) {
        for head in heads where head.number > known[head.agencyID]?.number ?? 0 { known[head.agencyID] = head }
    }

    /// Whether a seal that is signed already may be gone on from: it is the one that we know, or another process has
    /// signed meanwhile. A key of before is not at hand here; `handrail audit verify` has them all.
    private func follows(_ head: AuditHead, _ signature: AuditSignature, on last: AuditHead?) -> Bool {
        if let last, head.number <= last.number { return head.number == last.number && head.hash == last.hash }
        return signature.keyID != key.publicKey.id || key.publicKey.vouches(for: head, by: signature)
    }
}
