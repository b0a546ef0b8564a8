internal import Postgres

/// The statements on appointments.
enum AppointmentStatements {
    /// No row where PostgreSQL refused a second live appointment at that time, or of that planned contact. One under
    /// another id of the same person is found by the query, and the caller holds the person.
    ///
    /// Not written as an error to catch: two plain inserts at once can each wait for the other's exclusion check. Eight
    /// clients after the same slots for 20 s: 9 deadlocks of a second each and 2,400 tries/s, against 0 and 8,700 so.
    static let insert = Statement(
        "appointment.insert",
        """
        insert into scheduling.appointment (
            agency_id, appointment_id, participant_id, peer_id, plan_id, sequence, referral_id, starts_at, ends_at,
            mode, place, status, booked_at, changed_at, version
        )
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14
        where not exists (
            select
            from scheduling.appointment as other
            where other.participant_id = any ((select scheduling.participant_group($1, $3))::uuid[])
                and other.starts_at > $8::timestamptz - interval '8 hours' and other.starts_at < $9
                and other.ends_at > $8 and other.status in ('booked', 'arrived')
        )
        on conflict do nothing
        returning appointment_id
        """
    )

    static let update = Statement(
        "appointment.update",
        """
        update scheduling.appointment
        set status = $2, cancellation_reason = $3, changed_at = $4, version = $5
        where appointment_id = $1
        """
    )

    static let find = Statement(
        "appointment.find",
        """
        select appointment_id, participant_id, peer_id, plan_id, sequence, referral_id, starts_at, ends_at, mode,
            place, status, cancellation_reason, version
        from scheduling.appointment
        where appointment_id = $1
        """
    )

    static let findForUpdate = Statement(
        "appointment.find_for_update",
        """
        select appointment_id, participant_id, peer_id, plan_id, sequence, referral_id, starts_at, ends_at, mode,
            place, status, cancellation_reason, version
        from scheduling.appointment
        where appointment_id = $1
        for update
        """
    )

    /// The live appointments of a plan that lie ahead.
    static let liveOfPlan = Statement(
        "appointment.live_of_plan",
        """
        select appointment_id
        from scheduling.appointment
        where plan_id = $1 and status = 'booked' and starts_at > $2
        order by appointment_id
        """
    )

    // Two comparisons instead of a range operator: only leakproof ones use an index under row-level security. An
    // appointment lasts eight hours at most, which bounds the range of starts.
    static let busyPeer = Statement(
        "appointment.busy_peer",
        """
        select starts_at, ends_at
        from scheduling.appointment
        where peer_id = $1 and starts_at > $2::timestamptz - interval '8 hours' and starts_at < $3 and ends_at > $2
            and status in ('booked', 'arrived')
        order by starts_at
        """
    )

    static let busyParticipant = Statement(
        "appointment.busy_participant",
        """
        select starts_at, ends_at
        from scheduling.appointment
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and starts_at > $3::timestamptz - interval '8 hours' and starts_at < $4
            and ends_at > $3 and status in ('booked', 'arrived')
        order by starts_at
        """
    )

    static let ofPeer = Statement(
        "appointment.of_peer",
        """
        select appointment_id, participant_id, peer_id, plan_id, sequence, referral_id, starts_at, ends_at, mode,
            place, status, cancellation_reason, version
        from scheduling.appointment
        where peer_id = $1 and starts_at >= $2 and starts_at < $3 and (starts_at, appointment_id) > ($4, $5)
        order by starts_at, appointment_id
        limit $6
        """
    )

    static let ofParticipant = Statement(
        "appointment.of_participant",
        """
        select appointment_id, participant_id, peer_id, plan_id, sequence, referral_id, starts_at, ends_at, mode,
            place, status, cancellation_reason, version
        from scheduling.appointment
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and ($3::uuid is null or peer_id = $3) and starts_at >= $4 and starts_at < $5
            and (starts_at, appointment_id) > ($6, $7)
        order by starts_at, appointment_id
        limit $8
        """
    )

    static let all = Statement(
        "appointment.all",
        """
        select appointment_id, participant_id, peer_id, plan_id, sequence, referral_id, starts_at, ends_at, mode,
            place, status, cancellation_reason, version
        from scheduling.appointment
        where starts_at >= $1 and starts_at < $2 and (starts_at, appointment_id) > ($3, $4)
        order by starts_at, appointment_id
        limit $5
        """
    )
}
