-- Everything that measures need of an accepted referral, in one row. The caller's own row-level security applies to
-- each table below it.

create view outcome.referral_journey with (security_invoker = true) as
select
    referral.agency_id,
    referral.referral_id,
    referral.participant_id,
    referral.programme,
    referral.received_at,
    referral.accepted_at,
    (referral.accepted_at at time zone zone.name)::date as accepted_on,
    dispatch.offered_at as dispatched_at,
    dispatch.acknowledged_at,
    dispatch.arrived_at,
    dispatch.ended_at as bedside_ended_at,
    dispatch.outcome as bedside_outcome,
    referral.cancelled_at,
    (referral.cancelled_at at time zone zone.name)::date as cancelled_on,
    referral.closed_at,
    referral.closing_reason,
    death.died_at,
    (death.died_at at time zone zone.name)::date as died_on
from outcome.referral
cross join lateral (
    select coalesce(
        (select agency.time_zone from handrail.agency where agency.agency_id = referral.agency_id), 'UTC'
    ) as name
) as zone
left join lateral (
    select
        min(each_dispatch.offered_at) as offered_at,
        min(each_dispatch.acknowledged_at) as acknowledged_at,
        min(each_dispatch.arrived_at) as arrived_at,
        (array_agg(each_dispatch.ended_at order by each_dispatch.ended_at desc)
            filter (where each_dispatch.outcome is not null))[1] as ended_at,
        (array_agg(each_dispatch.outcome order by each_dispatch.ended_at desc)
            filter (where each_dispatch.outcome is not null))[1] as outcome
    from outcome.dispatch as each_dispatch
    where each_dispatch.agency_id = referral.agency_id and each_dispatch.referral_id = referral.referral_id
) as dispatch on true
left join lateral (
    select min(known.at) as died_at
    from (
        select reported.occurred_at as at
        from outcome.timeline_event as reported
        where reported.agency_id = referral.agency_id
            and reported.participant_id = referral.participant_id
            and reported.kind = 'died'
        union all
        select other.closed_at
        from outcome.referral as other
        where other.agency_id = referral.agency_id
            and other.participant_id = referral.participant_id
            and other.closing_reason = 'died'
        union all
        select bedside.ended_at
        from outcome.dispatch as bedside
        where bedside.agency_id = referral.agency_id
            and bedside.referral_id = referral.referral_id
            and bedside.outcome = 'died'
    ) as known
) as death on true
where referral.accepted_at is not null;

grant select on outcome.referral_journey to outcomes;
