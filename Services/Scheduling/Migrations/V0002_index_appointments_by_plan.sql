-- What is booked for a plan is looked for when the plan closes or changes hands.

create index appointment_plan_live on scheduling.appointment (agency_id, plan_id, starts_at)
    where status in ('booked', 'arrived');
