internal import Confidentiality
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// An emergency as stored.
struct StoredEmergency: Sendable {
    let emergencyID: EmergencyID
    let version: Int
    let participantID: ParticipantID
    let partnerID: PartnerID?
    let declaration: EmergencyDeclaration
    let endsAt: Instant
    let reviewedAt: Instant?
    let reviewedBy: String?
    let outcome: EmergencyOutcome?
    let reviewNote: String?

    /// What a decision needs of it.
    var terms: Emergency {
        Emergency(
            emergencyID: emergencyID, participantID: participantID, organisationID: partnerID,
            declaredAt: declaration.declaredAt, endsAt: endsAt)
    }
}

extension Statement {
    static let insertEmergency = Statement(
        "emergency.insert",
        """
        insert into referral.emergency
          (agency_id, emergency_id, version, participant_id, partner_id, recipient_name, recipient_affiliation,
           disclosed_by, nature, declared_at, ends_at)
        values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10)
        """
    )

    static let findEmergency = Statement(
        "emergency.find",
        """
        select e.emergency_id, e.version, e.participant_id, e.partner_id, e.recipient_name, e.recipient_affiliation,
          e.disclosed_by, e.nature, e.declared_at, e.ends_at, e.reviewed_at, e.reviewed_by, e.outcome, e.review_note,
          p.data_key
        from referral.emergency as e
        join referral.participant as p on p.agency_id = e.agency_id and p.participant_id = e.participant_id
        where e.agency_id = $1 and e.emergency_id = $2
        """
    )

    static let listEmergenciesToReview = Statement(
        "emergency.list_to_review",
        """
        select e.emergency_id, e.version, e.participant_id, e.partner_id, e.recipient_name, e.recipient_affiliation,
          e.disclosed_by, e.nature, e.declared_at, e.ends_at, e.reviewed_at, e.reviewed_by, e.outcome, e.review_note,
          p.data_key
        from referral.emergency as e
        join referral.participant as p on p.agency_id = e.agency_id and p.participant_id = e.participant_id
        where e.agency_id = $1 and e.reviewed_at is null and (e.declared_at, e.emergency_id) > ($2, $3)
        order by e.declared_at, e.emergency_id
        limit $4
        """
    )

    static let reviewEmergency = Statement(
        "emergency.review",
        """
        update referral.emergency
        set version = version + 1, reviewed_at = $4, reviewed_by = $5, outcome = $6, review_note = $7
        where agency_id = $1 and emergency_id = $2 and version = $3 and reviewed_at is null
        """
    )
}

extension Store {
    /// Documents an emergency, and tells the privacy office in the same transaction.
    func declare(
        _ id: EmergencyID, _ declaration: EmergencyDeclaration, about participant: StoredParticipant,
        by partner: PartnerID?, in work: Work
    ) async throws {
        let endsAt = declaration.declaredAt + EmergencyDeclaration.lasts
        let nature = try participant.dataKey.seal(Array(declaration.nature.utf8), for: .emergencyNature)
        work.tx.enqueue(
            .insertEmergency, work.agencyID, id, participant.participantID, partner, declaration.recipientName,
            declaration.recipientAffiliation, declaration.disclosedBy, nature, declaration.declaredAt, endsAt
        )
        try await queueNotice(of: id, in: work)
    }

    func emergency(_ id: EmergencyID, in work: Work) async throws -> StoredEmergency? {
        try await work.tx.query(.findEmergency, work.agencyID, id).first.map { try read($0, in: work) }
    }

    /// Those that nobody has looked at, the oldest first.
    func emergenciesToReview(
        after position: (Instant, EmergencyID), limit: Int, in work: Work
    ) async throws -> [StoredEmergency] {
        try await work.tx.query(.listEmergenciesToReview, work.agencyID, position.0, position.1, limit).map {
            try read($0, in: work)
        }
    }

    /// Records what the privacy officer found.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale` where somebody has looked at it since.
    func review(
        _ id: EmergencyID, expecting version: Int, _ outcome: EmergencyOutcome, note: String?, by subject: String,
        in work: Work
    ) async throws -> StoredEmergency {
        guard let found = try await emergency(id, in: work),
            let participant = try await participant(found.participantID, in: work)
        else { throw StoreError(.notFound) }
        let sealed = try participant.dataKey.seal(note, for: .emergencyReview)
        let touched = try await work.tx.execute(
            .reviewEmergency, work.agencyID, id, version, work.now, subject, outcome, sealed)
        guard touched == 1, let reviewed = try await emergency(id, in: work) else { throw StoreError(.stale) }
        return reviewed
    }

    private func read(_ row: Row, in work: Work) throws -> StoredEmergency {
        let participantID: ParticipantID = try row.column("participant_id")
        let key = try vault.dataKey(try row.column("data_key"), of: participantID, in: work.agencyID)
        let nature: [UInt8] = try row.column("nature")
        let note: [UInt8]? = try row.column("review_note")
        return StoredEmergency(
            emergencyID: try row.column("emergency_id"), version: try row.column("version"),
            participantID: participantID, partnerID: try row.column("partner_id"),
            declaration: EmergencyDeclaration(
                recipientName: try row.column("recipient_name"),
                recipientAffiliation: try row.column("recipient_affiliation"),
                disclosedBy: try row.column("disclosed_by"), declaredAt: try row.column("declared_at"),
                nature: try key.open(nature as [UInt8]?, from: .emergencyNature) ?? ""),
            endsAt: try row.column("ends_at"), reviewedAt: try row.column("reviewed_at"),
            reviewedBy: try row.column("reviewed_by"), outcome: try row.column("outcome"),
            reviewNote: try key.open(note, from: .emergencyReview))
    }
}
