internal import Models
internal import Postgres
internal import ReferralsDomain

/// The search for a person among an agency's participants, by identifier, or by name and birth date.
struct PersonSearch: Sendable {
    /// All digests of the person, sorted: what is stored where they are registered.
    let digests: [BlindIndex]
    /// Whom they lead to; nil before ``read(_:)``, and for somebody who is not known.
    private(set) var found: ParticipantID?

    init(_ person: PersonIdentity, _ keys: BlindIndexKeys, in agency: AgencyID) {
        digests = keys.digests(of: person.indexKeys, in: agency)
    }

    /// The statement that looks; nil where nothing is said that tells one person from others.
    func question(in agency: AgencyID) -> Question? {
        let identifying = digests.filter(\.kind.identifies)
        guard !identifying.isEmpty else { return nil }
        return Question(
            .lookUpBlindIndex, agency, identifying.map(\.kind.rawValue), identifying.map(\.version),
            identifying.map(\.digest)
        )
    }

    /// Looks; nil where nothing is said that tells one person from others.
    func rows(in work: Work) async throws -> Rows? {
        guard let question = question(in: work.agencyID) else { return nil }
        return try await work.tx.together(question).first
    }

    /// Takes the answer in. An identifier says more than a name.
    mutating func read(_ rows: Rows) throws {
        let participants = try rows.map { try $0.decode((IndexKey.Kind, ParticipantID).self) }
        found = (participants.first { $0.0 == .identifier } ?? participants.first)?.1
    }
}
