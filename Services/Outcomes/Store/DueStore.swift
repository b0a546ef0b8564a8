internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// From when a person's instruments are counted.
enum DueStore {
    /// The first day of the present stretch of support: of the earliest plan that is open, else of the last that began,
    /// else of the last acceptance. Nil where support has not begun, or the person has died.
    static func start(of participantID: ParticipantID, in work: UnitOfWork) async throws -> CivilDate? {
        let rows = try await work.transaction.query(startOfSupport, work.agencyID, participantID)
        return try rows.first?.decode(CivilDate?.self) ?? nil
    }

    static let startOfSupport = Statement(
        "due.start_of_support",
        """
        with person as materialized (
            select outcome.participant_group($1, $2) as ids
        )
        select
            case
                when exists (
                    select
                    from outcome.timeline_event
                    where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
                        and kind = 'died'
                ) then null
                when exists (
                    select
                    from outcome.referral
                    where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
                        and closing_reason = 'died'
                ) then null
                else coalesce(
                    (
                        select min(started_on)
                        from outcome.plan
                        where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
                            and phase is distinct from 'closed'
                    ),
                    (
                        select max(started_on)
                        from outcome.plan
                        where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
                    ),
                    (
                        select max(
                            (accepted_at at time zone
                                coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC'))::date
                        )
                        from outcome.referral
                        where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
                            and cancelled_at is null
                    )
                )
            end
        """
    )
}
