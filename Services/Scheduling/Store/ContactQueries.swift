internal import Models
internal import Postgres
internal import SchedulingDomain
internal import ServiceKit

/// Lists of what is due and of what took place.
enum ContactQueries {
    /// Planned contacts whose window opens until a time, the most urgent first; missed ones while outreach goes on.
    ///
    /// - Parameter peerID: whose; nil for the whole agency's.
    static func due(
        peerID: PeerID?, until: Instant, _ page: PageRequest, in transaction: Transaction
    ) async throws -> [DueContactView] {
        let dueUntil: Instant = try page.cursor?.value(0) ?? .distantPast
        let planID: PlanID = try page.cursor?.value(1) ?? .smallest
        let sequence: Int = try page.cursor?.value(2) ?? 0
        let limit = page.limit + 1
        let rows =
            if let peerID {
                try await transaction.query(dueOfPeer, peerID, until, dueUntil, planID, sequence, limit)
            } else {
                try await transaction.query(dueOfAgency, until, dueUntil, planID, sequence, limit)
            }
        return try rows.map(due)
    }

    /// A person's contacts, the oldest first.
    static func history(
        of participantID: ParticipantID, _ page: PageRequest, in work: UnitOfWork
    ) async throws -> [ContactView] {
        let occurredAt: Instant = try page.cursor?.value(0) ?? .distantPast
        let contactID: ContactID = try page.cursor?.value(1) ?? .smallest
        return try await work.transaction.query(
            ofParticipant, work.agencyID, participantID, occurredAt, contactID, page.limit + 1
        ).map(contact)
    }

    static func find(_ id: ContactID, in transaction: Transaction) async throws -> ContactView? {
        try await transaction.query(find, id).first.map(contact)
    }

    private static func due(_ row: Row) throws -> DueContactView {
        let (
            planID, sequence, participantID, referralID, peerID, programme, phase, purpose, dueOn, dueFrom, dueUntil,
            status, appointmentID, outreach, attempts
        ) = try row.decode(
            (
                PlanID, Int, ParticipantID, ReferralID, PeerID, ProgrammeCode, PhaseCode, ContactPurpose, CivilDate,
                Instant, Instant, PlannedContact.Status, AppointmentID?, Outreach.Status?, Int?
            ).self
        )
        return DueContactView(
            planID: planID, sequence: sequence, participantID: participantID, referralID: referralID, peerID: peerID,
            programme: programme, phase: phase, purpose: purpose, dueOn: dueOn, dueFrom: dueFrom, dueUntil: dueUntil,
            status: status, appointmentID: appointmentID, outreach: outreach, outreachAttempts: attempts
        )
    }

    private static func contact(_ row: Row) throws -> ContactView {
        let (
            contactID, planID, referralID, participantID, peerID, appointmentID, mode, outcome, place, withSupports,
            minutes, supportTypes, note, dueAt, occurredAt, recordedAt, version
        ) = try row.decode(
            (
                ContactID, PlanID?, ReferralID?, ParticipantID, PeerID, AppointmentID?, ContactMode, ContactOutcome,
                Setting?, Bool, Int?, [String], String?, Instant?, Instant, Instant, Int
            ).self
        )
        return ContactView(
            contactID: contactID, planID: planID, referralID: referralID, participantID: participantID, peerID: peerID,
            appointmentID: appointmentID, mode: mode, outcome: outcome, place: place, withSupports: withSupports,
            minutes: minutes, supportTypes: supportTypes, note: note, dueAt: dueAt, occurredAt: occurredAt,
            recordedAt: recordedAt, version: version
        )
    }

    // `status in (…)` is written out as the partial indexes have it, so that the planner can use them.
    static let dueOfPeer = Statement(
        "contact.due_of_peer",
        """
        select due.plan_id, due.sequence, plan.participant_id, plan.referral_id, due.peer_id, plan.programme, due.phase,
            due.purpose, due.due_on, due.due_from, due.due_until, due.status, booked.appointment_id, outreach.status,
            outreach.attempts
        from scheduling.planned_contact as due
        join scheduling.plan as plan on plan.agency_id = due.agency_id and plan.plan_id = due.plan_id
        left join scheduling.outreach as outreach
            on outreach.agency_id = due.agency_id and outreach.plan_id = due.plan_id
            and outreach.sequence = due.sequence and outreach.status in ('attempting', 'locating')
        left join scheduling.appointment as booked
            on booked.agency_id = due.agency_id and booked.plan_id = due.plan_id and booked.sequence = due.sequence
            and booked.status in ('booked', 'arrived')
        where due.peer_id = $1 and due.status in ('planned', 'missed') and due.due_from <= $2
            and (due.status = 'planned' or outreach.status is not null)
            and (due.due_until, due.plan_id, due.sequence) > ($3, $4, $5)
        order by due.due_until, due.plan_id, due.sequence
        limit $6
        """
    )

    static let dueOfAgency = Statement(
        "contact.due_of_agency",
        """
        select due.plan_id, due.sequence, plan.participant_id, plan.referral_id, due.peer_id, plan.programme, due.phase,
            due.purpose, due.due_on, due.due_from, due.due_until, due.status, booked.appointment_id, outreach.status,
            outreach.attempts
        from scheduling.planned_contact as due
        join scheduling.plan as plan on plan.agency_id = due.agency_id and plan.plan_id = due.plan_id
        left join scheduling.outreach as outreach
            on outreach.agency_id = due.agency_id and outreach.plan_id = due.plan_id
            and outreach.sequence = due.sequence and outreach.status in ('attempting', 'locating')
        left join scheduling.appointment as booked
            on booked.agency_id = due.agency_id and booked.plan_id = due.plan_id and booked.sequence = due.sequence
            and booked.status in ('booked', 'arrived')
        where due.status in ('planned', 'missed') and due.due_from <= $1
            and (due.status = 'planned' or outreach.status is not null)
            and (due.due_until, due.plan_id, due.sequence) > ($2, $3, $4)
        order by due.due_until, due.plan_id, due.sequence
        limit $5
        """
    )

    static let ofParticipant = Statement(
        "contact.of_participant",
        """
        select contact_id, plan_id, referral_id, participant_id, peer_id, appointment_id, mode, outcome, place,
            with_supports, minutes, support_types, note, due_at, occurred_at, recorded_at, version
        from scheduling.contact
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and (occurred_at, contact_id) > ($3, $4)
        order by occurred_at, contact_id
        limit $5
        """
    )

    static let find = Statement(
        "contact.find",
        """
        select contact_id, plan_id, referral_id, participant_id, peer_id, appointment_id, mode, outcome, place,
            with_supports, minutes, support_types, note, due_at, occurred_at, recorded_at, version
        from scheduling.contact
        where contact_id = $1
        """
    )
}
