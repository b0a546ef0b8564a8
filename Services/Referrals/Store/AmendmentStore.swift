internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertAmendment = Statement(
        "amendment.insert",
        """
        insert into referral.amendment
          (agency_id, amendment_id, version, participant_id, data_class, request, status, requested_at, requested_by,
           due_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """
    )

    static let updateAmendment = Statement(
        "amendment.update",
        """
        update referral.amendment
        set version = $3, status = $4, decided_at = $5, decided_by = $6, reason = $7
        where agency_id = $1 and amendment_id = $2 and version = $3 - 1
        """
    )

    static let listAmendments = Statement(
        "amendment.list",
        """
        select amendment_id, participant_id, version, data_class, request, status, requested_at, requested_by,
          decided_at, decided_by, reason
        from referral.amendment
        where agency_id = $1 and participant_id = any($2)
        order by amendment_id
        """
    )
}

extension Store {
    /// What a participant found wrong, in the order in which it was said.
    func amendments(of person: StoredPerson, in work: Work) async throws -> [AmendmentRequest] {
        try await work.tx.query(.listAmendments, work.agencyID, person.ids.all).map { row in
            let key = try person.participant(try row.column("participant_id")).dataKey
            return try AmendmentRequest(row: row, key: key)
        }
    }

    func insert(_ request: AmendmentRequest, of participant: StoredParticipant, in work: Work) throws {
        work.tx.enqueue(
            .insertAmendment, work.agencyID, request.amendmentID, request.version, request.participantID,
            request.dataClass.rawValue,
            try participant.dataKey.seal(Array(request.request.utf8), for: .amendmentRequest), request.status,
            request.requestedAt, request.requestedBy, request.dueAt
        )
    }

    /// Decides about a request of a locked person.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; ``AmendmentRequest/Refusal``.
    func decide(
        _ id: AmendmentID, of person: StoredPerson, expecting version: Int, in work: Work,
        _ decide: (inout AmendmentRequest) throws -> Void
    ) async throws -> AmendmentRequest {
        let all = try await amendments(of: person, in: work)
        guard var request = all.first(where: { $0.amendmentID == id }) else { throw StoreError(.notFound) }
        guard request.version == version else { throw StoreError(.stale) }
        try decide(&request)
        let key = try person.participant(request.participantID).dataKey
        let touched = try await work.tx.execute(
            .updateAmendment, work.agencyID, id, request.version, request.status, request.decidedAt,
            request.decidedBy, try key.seal(request.reason, for: .amendmentReason)
        )
        guard touched == 1 else { throw StoreError(.raced) }
        return request
    }
}

extension AmendmentRequest {
    init(row: Row, key: DataKey) throws {
        let text: String = try row.column("data_class")
        guard let dataClass = DataClass(rawValue: text) else { throw StoreError(.unknownCode) }
        let request: [UInt8]? = try row.column("request")
        let reason: [UInt8]? = try row.column("reason")
        self.init(
            amendmentID: try row.column("amendment_id"), participantID: try row.column("participant_id"),
            version: try row.column("version"), dataClass: dataClass,
            request: try key.open(request, from: .amendmentRequest) ?? "", status: try row.column("status"),
            requestedAt: try row.column("requested_at"), requestedBy: try row.column("requested_by"),
            decidedAt: try row.column("decided_at"), decidedBy: try row.column("decided_by"),
            reason: try key.open(reason, from: .amendmentReason))
    }
}
