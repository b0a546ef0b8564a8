internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let recordDispatchStep = Statement(
        "dispatch_step.record",
        """
        insert into referral.dispatch_step (agency_id, match_id, version, engagement_id, step, outcome, at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (agency_id, match_id, version) do nothing
        """
    )

    static let recordContact = Statement(
        "contact.record",
        """
        insert into referral.contact
          (agency_id, contact_id, version, engagement_id, participant_id, mode, outcome, occurred_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (agency_id, contact_id) do update
        set version = excluded.version, engagement_id = excluded.engagement_id, mode = excluded.mode,
          outcome = excluded.outcome, occurred_at = excluded.occurred_at
        where contact.version < excluded.version
        """
    )

    static let recordAppointment = Statement(
        "appointment.record",
        """
        insert into referral.appointment (agency_id, appointment_id, version, engagement_id, status, starts_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (agency_id, appointment_id) do update
        set version = excluded.version, status = excluded.status, starts_at = excluded.starts_at
        where appointment.version < excluded.version
        """
    )

    static let recordPlan = Statement(
        "plan.record",
        """
        insert into referral.plan (agency_id, plan_id, version, engagement_id, participant_id, phase, closed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (agency_id, plan_id) do update
        set version = excluded.version, phase = excluded.phase, closed_at = excluded.closed_at
        where plan.version < excluded.version
        """
    )

    static let engagementOfPlan = Statement(
        "plan.engagement",
        """
        select engagement_id
        from referral.plan
        where agency_id = $1 and plan_id = $2
        """
    )
}

/// What other services reported. Each answers whether it was news: the same or an older version changes nothing.
extension Store {
    func record(_ event: DispatchProgressed, in work: Work) async throws -> Bool {
        try await work.tx.execute(
            .recordDispatchStep, work.agencyID, event.matchID, event.version ?? 0, event.referralID, event.step,
            event.outcome, event.at
        ) == 1
    }

    func record(_ event: ContactRecorded, on engagement: ReferralID?, in work: Work) async throws -> Bool {
        try await work.tx.execute(
            .recordContact, work.agencyID, event.contactID, event.version ?? 0, engagement, event.participantID,
            event.mode, event.outcome, event.occurredAt
        ) == 1
    }

    func record(_ event: AppointmentChanged, in work: Work) async throws -> Bool {
        try await work.tx.execute(
            .recordAppointment, work.agencyID, event.appointmentID, event.version ?? 0, event.referralID, event.status,
            event.startsAt
        ) == 1
    }

    func record(_ event: PlanStarted, in work: Work) async throws {
        try await work.tx.execute(
            .recordPlan, work.agencyID, event.planID, event.version ?? 0, event.referralID, event.participantID,
            "started", nil as Instant?
        )
    }

    func record(_ event: PlanPhaseChanged, in work: Work) async throws {
        try await work.tx.execute(
            .recordPlan, work.agencyID, event.planID, event.version ?? 0, event.referralID, event.participantID,
            event.to, event.to == "closed" ? event.changedAt : nil
        )
    }

    /// The engagement that a plan serves; nil while its start is not known here.
    func engagement(ofPlan plan: PlanID, in work: Work) async throws -> ReferralID? {
        try await work.tx.query(.engagementOfPlan, work.agencyID, plan).first?.decode(ReferralID.self)
    }
}
