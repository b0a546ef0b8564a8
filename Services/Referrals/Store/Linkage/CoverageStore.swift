internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertCoverage = Statement(
        "coverage_span.insert",
        """
        insert into referral.coverage_span
          (agency_id, coverage_id, participant_id, version, programme, plan_code, from_on, through_on, recorded_at,
           recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """
    )

    static let endCoverage = Statement(
        "coverage_span.end",
        """
        update referral.coverage_span
        set version = $3, through_on = $4
        where agency_id = $1 and coverage_id = $2 and version = $3 - 1
        """
    )

    static let participantOfCoverage = Statement(
        "coverage_span.participant",
        """
        select participant_id
        from referral.coverage_span
        where agency_id = $1 and coverage_id = $2
        """
    )

    /// All of a person: in a life there are some dozens.
    static let listCoverages = Statement(
        "coverage_span.list",
        """
        select coverage_id, participant_id, version, programme, plan_code, from_on, through_on, recorded_at, recorded_by
        from referral.coverage_span
        where agency_id = $1 and participant_id = any($2)
        order by from_on, coverage_id
        """
    )
}

extension Store {
    func participant(ofCoverage id: CoverageID, in work: Work) async throws -> ParticipantID? {
        try await work.tx.query(.participantOfCoverage, work.agencyID, id).first?.decode(ParticipantID.self)
    }

    /// A person's spans under all of their ids, the oldest first.
    func coverages(of person: PersonIDs, in work: Work) async throws -> [CoverageSpan] {
        try await work.tx.query(.listCoverages, work.agencyID, person.all).map { try CoverageSpan(row: $0) }
    }

    /// Keeps a span of a locked person. Within one participant PostgreSQL refuses what overlaps; of the other ids of the
    /// person, of which it knows nothing, this does.
    ///
    /// - Throws: `CoverageSpan.Refusal`; `VaultError` of an erased person.
    func insert(_ span: CoverageSpan, of person: StoredPerson, in work: Work) async throws {
        guard !person.isErased else { throw VaultError(.erased) }
        guard try await !coverages(of: person.ids, in: work).contains(where: span.overlaps) else {
            throw CoverageSpan.Refusal.overlaps
        }
        try await refusingOverlaps {
            try await work.tx.execute(
                .insertCoverage, work.agencyID, span.coverageID, span.participantID, span.version, span.programme,
                span.planCode, span.from, span.through, span.recordedAt, span.recordedBy)
        }
    }

    /// Says what the last day of a span of a locked person is.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; `CoverageSpan.Refusal`; `VaultError` of an erased person.
    func end(
        _ id: CoverageID, through day: CivilDate, of person: StoredPerson, expecting version: Int, in work: Work
    ) async throws -> CoverageSpan {
        guard !person.isErased else { throw VaultError(.erased) }
        var all = try await coverages(of: person.ids, in: work)
        guard let position = all.firstIndex(where: { $0.coverageID == id }) else { throw StoreError(.notFound) }
        var span = all.remove(at: position)
        guard span.version == version else { throw StoreError(.stale) }
        let before = span.through
        try span.end(through: day)
        let ended = span
        // People who turned out to be one may have had a programme twice: that is put right by ending one of the spans.
        if let before, day > before, all.contains(where: ended.overlaps) { throw CoverageSpan.Refusal.overlaps }
        let touched = try await refusingOverlaps {
            try await work.tx.execute(.endCoverage, work.agencyID, id, ended.version, ended.through)
        }
        guard touched == 1 else { throw StoreError(.raced) }
        return span
    }

    @discardableResult
    private func refusingOverlaps(_ change: () async throws -> Int) async throws -> Int {
        do {
            return try await change()
        } catch let error as PostgresError where error.constraint == "coverage_span_once" {
            throw CoverageSpan.Refusal.overlaps
        }
    }
}

extension CoverageSpan {
    init(row: Row) throws {
        self.init(
            coverageID: try row.column("coverage_id"), participantID: try row.column("participant_id"),
            version: try row.column("version"), programme: try row.column("programme"),
            planCode: try row.column("plan_code"), from: try row.column("from_on"),
            through: try row.column("through_on"), recordedAt: try row.column("recorded_at"),
            recordedBy: try row.column("recorded_by"))
    }
}
