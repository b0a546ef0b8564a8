internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let listCapacity = Statement(
        "programme_capacity.list",
        """
        select programme, version, status, notes, stated_at, stated_by
        from referral.programme_capacity
        where agency_id = $1
        order by programme
        """
    )

    static let stateCapacity = Statement(
        "programme_capacity.state",
        """
        insert into referral.programme_capacity as known
          (agency_id, programme, version, status, notes, stated_at, stated_by)
        values ($1, $2, 1, $3, $4, $5, $6)
        on conflict (agency_id, programme) do update
        set version = known.version + 1, status = excluded.status, notes = excluded.notes,
          stated_at = excluded.stated_at, stated_by = excluded.stated_by
        returning version
        """
    )
}

extension Store {
    /// What the agency says about its programmes, those that it has spoken of.
    func capacity(in work: Work) async throws -> [ProgrammeCapacity] {
        try await work.tx.query(.listCapacity, work.agencyID).map { row in
            let (programme, version, status, notes, at, by) = try row.decode(
                (ProgrammeCode, Int, ProgrammeCapacity.Status, String?, Instant, String).self)
            return ProgrammeCapacity(
                programme: programme, version: version, status: status, notes: notes, statedAt: at, statedBy: by)
        }
    }

    /// Takes down what somebody of the agency says about a programme; the last word counts.
    func state(
        _ status: ProgrammeCapacity.Status, of programme: ProgrammeCode, notes: String?, by subject: String,
        in work: Work
    ) async throws -> ProgrammeCapacity {
        let row = try await work.tx.query(
            .stateCapacity, work.agencyID, programme, status, notes, work.now, subject
        ).first
        guard let version = try row?.decode(Int.self) else { throw StoreError(.raced) }
        return ProgrammeCapacity(
            programme: programme, version: version, status: status, notes: notes, statedAt: work.now,
            statedBy: subject)
    }
}
