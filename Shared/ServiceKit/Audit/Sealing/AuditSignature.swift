internal import FoundationEssentials
internal import JSON
public import Models

/// What a process signed of a seal: that it was the newest of its agency's chain at this time.
public struct AuditSignature: Hashable, Sendable {
    /// See ``AuditPublicKey/id``.
    public let keyID: String
    /// By the signing process's clock, and signed as well: a chain that was made anew could only be signed later.
    public let signedAt: Instant
    /// ECDSA in DER.
    let bytes: [UInt8]

    /// What is signed: one line of ASCII without a line end, so that other programs can check it as well.
    static func text(of head: AuditHead, at signedAt: Instant) -> Data {
        Data("handrail-audit-seal-v1 \(head.agencyID) \(head.number) \(head.hash) \(signedAt)".utf8)
    }
}

extension AuditSignature {
    /// From columns of `audit_signature`; nil where there was no row.
    init?(keyID: String?, signedAt: Instant?, bytes: [UInt8]?) {
        guard let keyID, let signedAt, let bytes else { return nil }
        (self.keyID, self.signedAt, self.bytes) = (keyID, signedAt, bytes)
    }

    /// From a line of a log; nil where it tells of none.
    init?(logLine line: JSONValue) {
        guard let keyID = line["key_id"]?.string, let signedAt = line["signed_at"]?.string.flatMap(Instant.init),
            let bytes = line["signature"]?.string.flatMap({ Data(base64Encoded: $0) })
        else { return nil }
        (self.keyID, self.signedAt, self.bytes) = (keyID, signedAt, Array(bytes))
    }

    /// As a line of a log tells of it.
    var logFields: [(key: String, value: String)] {
        [("key_id", keyID), ("signed_at", signedAt.description), ("signature", Data(bytes).base64EncodedString())]
    }
}
