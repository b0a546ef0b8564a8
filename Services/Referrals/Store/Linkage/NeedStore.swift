internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertNeed = Statement(
        "need.insert",
        """
        insert into referral.need
          (agency_id, need_id, participant_id, version, kind, opened_on, note, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    )

    static let closeNeed = Statement(
        "need.close",
        """
        update referral.need
        set version = $3, closed_on = $4, outcome = $5, met_by = $6
        where agency_id = $1 and need_id = $2 and version = $3 - 1
        """
    )

    static let findNeed = Statement(
        "need.find",
        """
        select need_id, participant_id, version, kind, opened_on, closed_on, outcome, met_by, note, recorded_at,
          recorded_by
        from referral.need
        where agency_id = $1 and need_id = $2
        """
    )

    static let lockNeed = Statement(
        "need.lock",
        """
        select need_id, participant_id, version, kind, opened_on, closed_on, outcome, met_by, note, recorded_at,
          recorded_by
        from referral.need
        where agency_id = $1 and need_id = $2
        for no key update
        """
    )

    static let listNeeds = Statement(
        "need.list",
        """
        select need_id, participant_id, version, kind, opened_on, closed_on, outcome, met_by, note, recorded_at,
          recorded_by
        from referral.need
        where agency_id = $1 and participant_id = any($2) and need_id < $3
        order by need_id desc
        limit $4
        """
    )

    /// The day that it is where the agency is.
    static let dayOfAgency = Statement(
        "agency.day",
        """
        select ($2::timestamptz at time zone
          coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC'))::date
        """
    )
}

/// A need, with what was written about it, sealed.
struct StoredNeed: Sendable {
    var need: Need
    let note: [UInt8]?
}

extension Store {
    /// The agency's day.
    func today(in work: Work) async throws -> CivilDate {
        try await work.tx.query(.dayOfAgency, work.agencyID, work.now).first?.decode(CivilDate.self)
            ?? work.now.dateInUTC
    }

    /// Keeps a need of a locked participant.
    ///
    /// - Throws: `VaultError` of an erased one.
    func insert(_ need: Need, note: String?, of participant: StoredParticipant, in work: Work) throws {
        guard !participant.isErased else { throw VaultError(.erased) }
        work.tx.enqueue(
            .insertNeed, work.agencyID, need.needID, need.participantID, need.version, need.kind, need.openedOn,
            try participant.dataKey.seal(note, for: .needNote), need.recordedAt, need.recordedBy)
    }

    func need(_ id: NeedID, in work: Work) async throws -> StoredNeed? {
        try await work.tx.query(.findNeed, work.agencyID, id).first.map { try StoredNeed(row: $0) }
    }

    /// A person's needs, those that were written down last first.
    func needs(
        of person: PersonIDs, before last: NeedID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredNeed] {
        try await work.tx.query(.listNeeds, work.agencyID, person.all, last ?? .last, limit).map {
            try StoredNeed(row: $0)
        }
    }

    /// Changes a need of a locked person.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; what the change throws; `VaultError` of an erased person.
    @discardableResult
    func change(
        _ id: NeedID, of person: StoredPerson, expecting version: Int? = nil, in work: Work,
        _ change: (inout Need) throws -> Void
    ) async throws -> StoredNeed {
        guard !person.isErased else { throw VaultError(.erased) }
        guard let row = try await work.tx.query(.lockNeed, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        var stored = try StoredNeed(row: row)
        guard person.ids.contains(stored.need.participantID) else { throw StoreError(.notFound) }
        if let version, stored.need.version != version { throw StoreError(.stale) }
        try change(&stored.need)
        let need = stored.need
        work.tx.enqueue(
            .closeNeed, work.agencyID, id, need.version, need.closedOn, need.outcome, need.metBy)
        return stored
    }
}

extension StoredNeed {
    init(row: Row) throws {
        need = Need(
            needID: try row.column("need_id"), participantID: try row.column("participant_id"),
            version: try row.column("version"), kind: try row.column("kind"), openedOn: try row.column("opened_on"),
            closedOn: try row.column("closed_on"), outcome: try row.column("outcome"),
            metBy: try row.column("met_by"), recordedAt: try row.column("recorded_at"),
            recordedBy: try row.column("recorded_by"))
        note = try row.column("note")
    }
}
