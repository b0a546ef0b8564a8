internal import Models
internal import Postgres
internal import SchedulingDomain

/// Contacts in PostgreSQL. A contact is written once; it moves its plan, its appointment, and everybody who waits.
enum ContactStore {
    /// Stores a contact: into the participant's plans, onto its appointment, and published for each referral that hears of the plan.
    ///
    /// - Parameter matchID: the dispatch that it ended; a contact of one dispatch is stored once.
    /// - Returns: when the plan wanted it, nil for a contact outside of it.
    /// - Throws: ``Refusal``, ``StoreRefusal/missing`` for an unknown plan or appointment.
    @discardableResult
    static func record(_ contact: Contact, matchID: MatchID? = nil, in work: UnitOfWork) async throws -> Instant? {
        if let appointmentID = contact.appointmentID {
            try await AppointmentStore.update(appointmentID, in: work) {
                try $0.contactRecorded(contact.outcome, at: work.now)
            }
        }
        let (plan, recording) = try await putIntoPlans(contact, in: work)
        let inserted = try await work.transaction.query(
            insert, work.agencyID, contact.id, contact.planID, contact.referralID, contact.participantID,
            contact.peerID, contact.appointmentID, matchID, contact.mode, contact.outcome, contact.place,
            contact.withSupports, contact.minutes, contact.supportTypes.map(\.rawValue).sorted(), contact.note,
            recording.dueAt, contact.occurredAt, contact.recordedAt, work.actor, plan?.version ?? 1
        )
        guard !inserted.isEmpty else { throw Refusal(.alreadyRecorded, "this contact is already on record") }
        for referralID in try await referrals(of: contact, plan: plan, in: work) {
            try work.publish(
                ContactRecorded(
                    contactID: contact.id, planID: contact.planID, referralID: referralID,
                    participantID: contact.participantID, peerID: contact.peerID, version: plan?.version ?? 1,
                    mode: contact.mode, outcome: contact.outcome, dueAt: recording.dueAt,
                    occurredAt: contact.occurredAt, recordedAt: contact.recordedAt
                )
            )
        }
        return recording.dueAt
    }

    /// Puts a contact into its plan, and into every other live plan of the person: who was reached for one
    /// need not be sought for another. In the order of their ids, so that two contacts at once cannot block each other.
    private static func putIntoPlans(_ contact: Contact, in work: UnitOfWork) async throws -> (ContactPlan?, Recording)
    {
        let live = try await work.transaction.query(
            PlanStatements.liveOfParticipant, work.agencyID, contact.participantID
        ).map { try $0.decode(PlanID.self) }
        var own: (ContactPlan?, Recording) = (nil, Recording())
        for planID in Set(live + (contact.planID.map { [$0] } ?? [])).sorted() {
            var recording = Recording()
            let isOwn = planID == contact.planID
            let plan = try await PlanStore.update(planID, touching: isOwn, in: work) { plan, model in
                recording = plan.record(contact, model: model)
                return recording.effects
            }
            if isOwn { own = (plan, recording) }
        }
        return own
    }

    private static func referrals(of contact: Contact, plan: ContactPlan?, in work: UnitOfWork) async throws
        -> [ReferralID?]
    {
        guard let plan else { return [contact.referralID] }
        return try await ReferralMatchStore.referrals(of: plan, in: work)
    }

    /// Whether the contact of a dispatch is on record.
    static func isRecorded(_ matchID: MatchID, in work: UnitOfWork) async throws -> Bool {
        try await !work.transaction.query(ofMatch, matchID).isEmpty
    }

    static let insert = Statement(
        "contact.insert",
        """
        insert into scheduling.contact (
            agency_id, contact_id, plan_id, referral_id, participant_id, peer_id, appointment_id, match_id, mode,
            outcome, place, with_supports, minutes, support_types, note, due_at, occurred_at, recorded_at, recorded_by,
            version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        on conflict do nothing
        returning contact_id
        """
    )

    static let ofMatch = Statement(
        "contact.of_match",
        """
        select contact_id
        from scheduling.contact
        where match_id = $1
        """
    )
}
