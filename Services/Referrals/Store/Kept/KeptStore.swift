internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A Patient whom a partner sent before any order, or a Consent about one. Nobody has asked for support yet: that it is here
/// makes nobody a participant, and says nothing about whether they are one.
struct KeptResource: Sendable {
    /// How long without an order.
    static let lifetime = Duration.seconds(24 * 3600)

    /// The FHIR resource type.
    let kind: String
    let aliasID: UUID
    /// The Patient that it is, or is about.
    let patientID: UUID
    var version: Int
    var content: [UInt8]
    var keptAt: Instant
}

/// A queued word that what one partner sent before its orders is to be looked through: nothing about anybody.
struct KeptWord: Codable, Hashable, Sendable {
    static let kind = "kept-expired"

    let partnerID: PartnerID
}

extension Store {
    /// Keeps a resource, and all else about the same Patient as long as that one.
    func keep(_ kept: KeptResource, of partner: PartnerID, in work: Work) throws {
        let expiresAt = work.now + KeptResource.lifetime
        let sealed = try vault.sealKept(kept.content, kept.kind, kept.aliasID, of: partner, in: work.agencyID)
        work.tx.enqueue(
            .saveKept, work.agencyID, partner, kept.kind, kept.aliasID, kept.patientID, kept.version, sealed,
            kept.keptAt, expiresAt)
        work.tx.enqueue(.extendKept, work.agencyID, partner, kept.patientID, expiresAt)
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: "kept/\(partner)", kind: KeptWord.kind, subjectID: nil,
                payload: JSONB(try JSONValue.text(of: KeptWord(partnerID: partner))),
                idempotencyKey: "kept/\(kept.aliasID)/\(expiresAt.microseconds)", notBefore: expiresAt),
            agency: work.agencyID)
    }

    /// One that the partner sent; nil for none, and after its time.
    ///
    /// - Parameter locked: whether an order that takes the person in waits for this transaction's end.
    func kept(
        _ kind: String, _ alias: UUID, of partner: PartnerID, locked: Bool = false, in work: Work
    ) async throws -> KeptResource? {
        let statement: Statement = locked ? .lockKept : .findKept
        return try await work.tx.query(statement, work.agencyID, partner, kind, alias, work.now).first.map {
            try read(kept: $0, of: partner, in: work)
        }
    }

    /// Takes a Patient out, with what is kept about them: they become somebody's who is referred. Two who ask at once: the
    /// second waits here, and finds nothing.
    func takeKept(
        _ patient: UUID, of partner: PartnerID, in work: Work
    ) async throws -> (patient: KeptResource, consents: [KeptResource])? {
        let taken = try await work.tx.query(.takeKept, work.agencyID, partner, patient, "Patient", work.now).first
        guard let taken else { return nil }
        // A second statement sees what was committed while the first one waited.
        let consents = try await work.tx.query(.takeKept, work.agencyID, partner, patient, "Consent", work.now)
        return (
            try read(kept: taken, of: partner, in: work),
            try consents.map { try read(kept: $0, of: partner, in: work) }.sorted { $0.keptAt < $1.keptAt }
        )
    }

    /// Forgets what a partner sent more than a day ago without an order.
    func forgetKept(of partner: PartnerID, in work: Work) {
        work.tx.enqueue(.forgetKept, work.agencyID, partner, work.now)
        work.tx.enqueue(.forgetKeptNumbers, work.agencyID, partner, work.now)
    }

    /// Brings what is kept under the ring's current key.
    func resealKept(in work: Work) async throws {
        for row in try await work.tx.query(.listKeptContents, work.agencyID) {
            let (partner, kind, alias, sealed) = try row.decode((PartnerID, String, UUID, [UInt8]).self)
            guard KeyRing.keyID(of: sealed) != vault.ring.currentID else { continue }
            let content = try vault.openKept(sealed, kind, alias, of: partner, in: work.agencyID)
            work.tx.enqueue(
                .resealKept, work.agencyID, partner, kind, alias,
                try vault.sealKept(content, kind, alias, of: partner, in: work.agencyID))
        }
    }

    private func read(kept row: Row, of partner: PartnerID, in work: Work) throws -> KeptResource {
        let (kind, alias, patient, version, sealed, keptAt) = try row.decode(
            (String, UUID, UUID, Int, [UInt8], Instant).self)
        return KeptResource(
            kind: kind, aliasID: alias, patientID: patient, version: version,
            content: try vault.openKept(sealed, kind, alias, of: partner, in: work.agencyID), keptAt: keptAt)
    }
}
