internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    /// Those who register people that may be one person go one after the other: each sees whom the one before it
    /// registered. Nothing else takes these locks; they end with the transaction.
    ///
    /// In the order of the array, which is the same in all processes: two cannot lock each other out.
    static let lockBlocks = Statement(
        "blind_index.lock_blocks",
        """
        select count(pg_advisory_xact_lock(hashtextextended(block, 0)))
        from unnest($1::text[]) as block
        """
    )

    /// Participants who share a digest, those who share most first. Of a digest that very many share (a shelter's
    /// telephone) only the latest are looked at.
    static let candidates = Statement(
        "blind_index.candidates",
        """
        select p.participant_id, p.version, p.data_key, p.given_name, p.family_name, p.birth_date, p.phone, p.address,
          p.postal_code, p.gender, p.identifiers, p.phone_is_safe, coalesce(merge.into_id, p.participant_id)
        from (
          select found.participant_id, count(*) as shared
          from unnest($2::text[], $3::smallint[], $4::text[]) as wanted (kind, key_version, hmac)
          cross join lateral (
            select stored.participant_id
            from referral.participant_blind_index as stored
            where stored.agency_id = $1
              and stored.kind = wanted.kind
              and stored.key_version = wanted.key_version
              and stored.hmac = wanted.hmac
            order by stored.participant_id desc
            limit 201
          ) as found
          group by found.participant_id
          order by shared desc, found.participant_id desc
          limit $5
        ) as candidate
        join referral.participant as p
          on p.agency_id = $1 and p.participant_id = candidate.participant_id
        left join referral.participant_merge as merge
          on merge.agency_id = $1 and merge.participant_id = candidate.participant_id
        order by candidate.shared desc, candidate.participant_id desc
        """
    )
}

/// The search for a person among an agency's participants: by identifier, or by name and birth date; and for those who may
/// be the same person, written otherwise.
struct PersonSearch: Sendable {
    /// All digests of the person, sorted: what is stored where they are registered.
    let digests: [BlindIndex]
    /// Whom they lead to, merged or not; nil before the answers are read, and for somebody unknown.
    private(set) var found: ParticipantID?
    /// Those who may be the same person, as rows, each with who remains of them: they are opened only if nobody is found.
    private(set) var candidates: [Row] = []
    /// Whether there are more of them than are compared.
    private(set) var isCrowded = false
    private let largestBlock: Int

    /// - Parameter known: who it is, where that is certain: then there is nothing to look for.
    init(
        _ person: PersonIdentity, _ keys: BlindIndexKeys, largestBlock: Int, in agency: AgencyID,
        known: ParticipantID? = nil
    ) {
        digests = keys.digests(of: person.indexKeys, in: agency)
        found = known
        self.largestBlock = largestBlock
    }

    /// The statements that look, in their order, each with what takes its answer in. None where nothing is said that tells
    /// one person from others.
    func questions(in agency: AgencyID) -> [(Question, @Sendable (Rows, inout PersonSearch) throws -> Void)] {
        guard found == nil else { return [] }
        let (identifying, blocking) = (digests.filter(\.kind.identifies), digests.filter { !$0.kind.identifies })
        var questions: [(Question, @Sendable (Rows, inout PersonSearch) throws -> Void)] = []
        if !blocking.isEmpty {
            questions.append((Question(.lockBlocks, blocking.map(\.digest).sorted()), { _, _ in }))
        }
        if !identifying.isEmpty {
            let question = Question(
                .lookUpBlindIndex, agency, identifying.map(\.kind.rawValue), identifying.map(\.version),
                identifying.map(\.digest)
            )
            questions.append((question, { rows, search in try search.readExact(rows) }))
        }
        if !blocking.isEmpty {
            let question = Question(
                .candidates, agency, blocking.map(\.kind.rawValue), blocking.map(\.version), blocking.map(\.digest),
                largestBlock + 1
            )
            questions.append((question, { rows, search in search.readCandidates(rows) }))
        }
        return questions
    }

    /// Finds by what tells one person from others, and by nothing else.
    mutating func findExactly(in work: Work) async throws {
        let identifying = digests.filter(\.kind.identifies)
        guard !identifying.isEmpty else { return }
        try readExact(
            try await work.tx.query(
                .lookUpBlindIndex, work.agencyID, identifying.map(\.kind.rawValue), identifying.map(\.version),
                identifying.map(\.digest)))
    }

    /// An identifier says more than a name.
    private mutating func readExact(_ rows: Rows) throws {
        let participants = try rows.map { try $0.decode((IndexKey.Kind, ParticipantID).self) }
        found = (participants.first { $0.0 == .identifier } ?? participants.first)?.1
    }

    private mutating func readCandidates(_ rows: Rows) {
        isCrowded = rows.count > largestBlock
        candidates = Array(rows.prefix(largestBlock))
    }
}
