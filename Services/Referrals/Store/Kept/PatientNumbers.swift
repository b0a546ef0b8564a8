internal import FoundationEssentials
internal import Models
internal import Postgres
internal import ReferralsDomain

/// By what a Patient that comes by itself is recognised: its identifiers, else the whole of it.
struct PatientNumbers: Sendable {
    /// Digests of the partner's own, the first number first.
    fileprivate let own: [(version: Int16, digest: String)]
    /// The digests by which the agency's participants are found.
    fileprivate let identifying: [BlindIndex]

    /// - Parameters:
    ///   - identifiers: the one that the sender asks by first.
    ///   - body: what stands for somebody without identifiers.
    init(
        _ identifiers: [PersonIdentity.Identifier], body: String, from partner: PartnerID, _ keys: BlindIndexKeys,
        in agency: AgencyID
    ) {
        var numbers = identifiers.map { "\($0.system)|\($0.value.uppercased())" }
        if numbers.isEmpty { numbers = ["body/\(body)"] }
        var seen: Set<String> = []
        own = numbers.flatMap { keys.patientDigests(of: $0, from: partner, in: agency) }
            .filter { seen.insert($0.1).inserted }.map { ($0.0, $0.1) }
        identifying = keys.digests(of: PersonIdentity(identifiers: identifiers).indexKeys, in: agency)
            .filter { $0.kind == .identifier }
    }
}

/// Which ids a partner may have for a Patient whom it sends by itself. Both come from what it sent, whoever else is known here.
struct PatientFindings: Sendable {
    /// Those whom it has referred and who have one of the identifiers, from whomever the agency learned it.
    let referred: [UUID]
    /// One that it sent by itself under one of these numbers within the day.
    let sent: UUID?
}

extension Store {
    /// Looks for a Patient among those whom a partner sent. Two who ask at once go one after the other.
    func find(_ numbers: PatientNumbers, of partner: PartnerID, in work: Work) async throws -> PatientFindings {
        let identifying = numbers.identifying
        let answers = try await work.tx.together(
            Question(.lockBlocks, numbers.own.map(\.digest).sorted()),
            Question(
                .findKeptNumber, work.agencyID, partner, numbers.own.map(\.version), numbers.own.map(\.digest),
                work.now),
            Question(
                .findReferredByIdentifier, work.agencyID, partner, identifying.map(\.kind.rawValue),
                identifying.map(\.version), identifying.map(\.digest))
        )
        return PatientFindings(
            referred: try answers[2].map { try $0.decode(UUID.self) },
            sent: try answers[1].first?.decode(UUID.self))
    }

    /// Remembers for a day by what a Patient is recognised.
    func remember(_ numbers: PatientNumbers, as patient: UUID, of partner: PartnerID, in work: Work) {
        work.tx.enqueue(
            .saveKeptNumbers, work.agencyID, partner, numbers.own.map(\.version), numbers.own.map(\.digest), patient,
            work.now + KeptResource.lifetime)
    }
}
