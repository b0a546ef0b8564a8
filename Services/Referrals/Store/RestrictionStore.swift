internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    static let insertRestriction = Statement(
        "restriction.insert",
        """
        insert into referral.restriction
          (agency_id, restriction_id, version, participant_id, recipient_kind, recipient, data_classes, purposes,
           paid_in_full, status, requested_at, requested_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """
    )

    static let updateRestriction = Statement(
        "restriction.update",
        """
        update referral.restriction
        set version = $3, status = $4, decided_at = $5, decided_by = $6, reason = $7
        where agency_id = $1 and restriction_id = $2 and version = $3 - 1
        """
    )

    static let listRestrictions = Statement(
        "restriction.list",
        """
        select restriction_id, participant_id, version, recipient_kind, recipient, data_classes, purposes, paid_in_full,
          status, requested_at, requested_by, decided_at, decided_by, reason
        from referral.restriction
        where agency_id = $1 and participant_id = any($2)
        order by restriction_id
        """
    )
}

extension Store {
    /// What a participant asked for, in the order in which it was asked.
    func restrictions(of person: StoredPerson, in work: Work) async throws -> [RestrictionRequest] {
        try await work.tx.query(.listRestrictions, work.agencyID, person.ids.all).map { row in
            let key = try person.participant(try row.column("participant_id")).dataKey
            return try RestrictionRequest(row: row, key: key)
        }
    }

    func insert(_ request: RestrictionRequest, in work: Work) {
        let recipient = request.recipient.columns
        work.tx.enqueue(
            .insertRestriction, work.agencyID, request.restrictionID, request.version, request.participantID,
            recipient.kind.rawValue, recipient.text, request.classes.map(\.rawValue).sorted(),
            request.purposes.map(\.rawValue).sorted(), request.isPaidInFull, request.status, request.requestedAt,
            request.requestedBy
        )
    }

    /// Decides about a request of a locked person. What is agreed to holds from this transaction's end on, here;
    /// the other services hear of it, and the senders are shown what is left.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; ``RestrictionRequest/Refusal``.
    func decide(
        _ id: RestrictionID, of person: StoredPerson, expecting version: Int,
        in work: Work, _ decide: (inout RestrictionRequest) throws -> Void
    ) async throws -> RestrictionRequest {
        let all = try await restrictions(of: person, in: work)
        guard var request = all.first(where: { $0.restrictionID == id }) else { throw StoreError(.notFound) }
        guard request.version == version else { throw StoreError(.stale) }
        let before = request.status
        try decide(&request)
        let key = try person.participant(request.participantID).dataKey
        let touched = try await work.tx.execute(
            .updateRestriction, work.agencyID, id, request.version, request.status, request.decidedAt,
            request.decidedBy, try key.seal(request.reason, for: .restrictionReason)
        )
        guard touched == 1 else { throw StoreError(.raced) }
        if request.status == .agreed || before == .agreed {
            let event = RestrictionChanged(request, at: work.now)
            try await RestrictionTerms.save(event, in: work.tx, of: work.agencyID)
            try work.publish(event)
            try await showAgain(person, in: work)
        }
        return request
    }
}

extension RestrictionChanged {
    init(_ request: RestrictionRequest, at instant: Instant) {
        let recipient = request.recipient.columns
        self.init(
            restrictionID: request.restrictionID, participantID: request.participantID, version: request.version,
            recipientKind: .known(recipient.kind), recipient: recipient.text,
            classes: request.classes.sorted { $0.rawValue < $1.rawValue }.map(Carried.known),
            purposes: request.purposes.sorted { $0.rawValue < $1.rawValue }.map(Carried.known),
            endedAt: request.status == .agreed ? nil : instant, changedAt: instant)
    }
}

extension RestrictionRequest {
    init(row: Row, key: DataKey) throws {
        let classes: [String] = try row.column("data_classes")
        let purposes: [String] = try row.column("purposes")
        let sealed: [UInt8]? = try row.column("reason")
        let kind: String = try row.column("recipient_kind")
        guard let recipient = Restriction.Recipient(kind: kind, text: try row.column("recipient")) else {
            throw StoreError(.unknownCode)
        }
        self.init(
            restrictionID: try row.column("restriction_id"), participantID: try row.column("participant_id"),
            version: try row.column("version"), recipient: recipient,
            classes: Set(classes.compactMap(DataClass.init)), purposes: Set(purposes.compactMap(PurposeOfUse.init)),
            isPaidInFull: try row.column("paid_in_full"), status: try row.column("status"),
            requestedAt: try row.column("requested_at"), requestedBy: try row.column("requested_by"),
            decidedAt: try row.column("decided_at"), decidedBy: try row.column("decided_by"),
            reason: try key.open(sealed, from: .restrictionReason))
    }
}
