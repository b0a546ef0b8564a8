-- What measures count of somebody is there under all ids of the person.

-- The ids as rows, for statements about many people at once: a plain query without settings, so that PostgreSQL plans it as
-- a part of the statement that asks. For one person it is participant_group. Without coalesce, which would keep the index
-- on into_id from being used under row-level security; nobody is named twice, since who remains is never merged.
create function outcome.participant_ids(agency uuid, participant uuid) returns setof uuid
language sql
stable
begin atomic
    select participant
    union all
    select own.into_id
    from outcome.participant_merge as own
    where own.agency_id = agency and own.participant_id = participant and own.into_id is not null
    union all
    select beside.participant_id
    from outcome.participant_merge as own
    join outcome.participant_merge as beside on beside.agency_id = agency and beside.into_id = own.into_id
    where own.agency_id = agency and own.participant_id = participant and beside.participant_id <> participant
    union all
    select merge.participant_id
    from outcome.participant_merge as merge
    where merge.agency_id = agency and merge.into_id = participant;
end;
revoke all on function outcome.participant_ids(uuid, uuid) from public;
grant execute on function outcome.participant_ids(uuid, uuid) to outcomes;

create or replace view outcome.referral_journey with (security_invoker = true) as
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
        from outcome.participant_ids(referral.agency_id, referral.participant_id) as person (participant_id)
        join outcome.timeline_event as reported
            on reported.agency_id = referral.agency_id
            and reported.participant_id = person.participant_id
            and reported.kind = 'died'
        union all
        select other.closed_at
        from outcome.participant_ids(referral.agency_id, referral.participant_id) as person (participant_id)
        join outcome.referral as other
            on other.agency_id = referral.agency_id
            and other.participant_id = person.participant_id
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
