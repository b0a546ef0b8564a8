internal import Crypto
internal import Models

/// Goes along one agency's chain, seal by seal, and says what does not hold: the links between seals and the signatures.
struct ChainCheck {
    typealias Fault = AuditVerification.Fault

    /// A seal is signed in the turn that makes it, or in the next one.
    private static let signedWithin = Duration.seconds(60)
    /// A row is sealed within seconds, or when the longest transaction has ended.
    private static let sealedWithin = Duration.seconds(3600)

    private let agencyID: AgencyID
    private let keys: AuditPublicKeys?
    private let now: Instant
    /// What the next seal must follow on.
    private var number: Int64
    private var toXID: Int64 = 0
    private var hash: [UInt8]
    /// Of seals that lie behind each other and have the same fault the first is told.
    private var runningFault: Fault.Kind?

    /// - Parameters:
    ///   - number: the number of the seal in front of the first one, 0 for a chain from its beginning.
    ///   - before: that seal, which is taken for granted; nil where there is none, which is a fault but at the beginning.
    ///   - keys: nil where signatures are not looked at.
    init(
        _ agencyID: AgencyID, schema: String, after number: Int64, _ before: AuditSeal?, keys: AuditPublicKeys?,
        at now: Instant
    ) {
        (self.agencyID, self.keys, self.now) = (agencyID, keys, now)
        hash = Array(SHA256.hash(data: Array("\(schema) \(agencyID)".utf8)))
        self.number = max(0, number - 1)
        if let before { (self.number, toXID, hash) = (before.number, before.toXID, before.hash) }
    }

    /// The next seal, after its rows.
    mutating func next(_ seal: AuditSeal, _ rows: SealCheck) -> [Fault] {
        var faults: [Fault] = []
        let isNext = seal.number == number + 1
        if !isNext { faults.append(fault(.sealMissing, number + 1)) }
        if let wrong = rows.fault() {
            faults.append(fault(wrong.kind, seal.number, wrong.row))
        } else if isNext, seal.previousHash != hash || seal.fromXID != toXID {
            faults.append(fault(.sealAltered, seal.number))
        }
        let signatureFault = keys.flatMap { flaw(of: seal, rows, by: $0) }
        if let signatureFault, signatureFault != runningFault { faults.append(fault(signatureFault, seal.number)) }
        runningFault = signatureFault
        (number, toXID, hash) = (seal.number, seal.toXID, seal.hash)
        return faults
    }

    /// When a seal was made: as it was signed where that holds, otherwise as PostgreSQL says.
    func madeAt(_ seal: AuditSeal) -> Instant {
        guard let keys, let signature = seal.signature, keys.vouch(for: head(of: seal), by: signature) else {
            return seal.sealedAt
        }
        return signature.signedAt
    }

    private func head(of seal: AuditSeal) -> AuditHead {
        AuditHead(agencyID: agencyID, number: seal.number, hash: Hexadecimal.encode(seal.hash))
    }

    /// What is wrong with a seal's signature.
    private func flaw(of seal: AuditSeal, _ rows: SealCheck, by keys: AuditPublicKeys) -> Fault.Kind? {
        guard let signature = seal.signature else {
            // Without a signature nothing vouches for the seal's own time: the rows' counts as well.
            let madeAt = min(seal.sealedAt, rows.last?.at ?? seal.sealedAt)
            return now - madeAt > Self.signedWithin ? .sealUnsigned : nil
        }
        guard keys.vouch(for: head(of: seal), by: signature) else { return .sealForged }
        guard let last = rows.last, signature.signedAt - last.at > Self.sealedWithin else { return nil }
        return .sealSignedLate
    }

    private func fault(_ kind: Fault.Kind, _ number: Int64, _ row: AuditRowKey? = nil) -> Fault {
        Fault(agencyID: agencyID, sealNumber: number, kind: kind, row: row)
    }
}
