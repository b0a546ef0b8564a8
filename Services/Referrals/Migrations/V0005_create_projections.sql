-- What other services reported, kept so that a report that comes twice or late changes nothing.

create table referral.contact (
  agency_id      uuid        not null,
  contact_id     uuid        not null,
  version        integer     not null,
  engagement_id  uuid,
  participant_id uuid        not null,
  mode           text        not null,
  outcome        text        not null,
  occurred_at    timestamptz not null,
  constraint contact_pkey primary key (agency_id, contact_id)
);
create index contact_engagement on referral.contact (agency_id, engagement_id, occurred_at);
select handrail.protect_table('referral.contact', 'referrals', 'select, insert, update');

create table referral.appointment (
  agency_id      uuid        not null,
  appointment_id uuid        not null,
  version        integer     not null,
  engagement_id  uuid,
  status         text        not null,
  starts_at      timestamptz not null,
  constraint appointment_pkey primary key (agency_id, appointment_id)
);
select handrail.protect_table('referral.appointment', 'referrals', 'select, insert, update');

create table referral.dispatch_step (
  agency_id     uuid        not null,
  match_id      uuid        not null,
  version       integer     not null,
  engagement_id uuid        not null,
  step          text        not null,
  outcome       text,
  at            timestamptz not null,
  constraint dispatch_step_pkey primary key (agency_id, match_id, version)
);
create index dispatch_step_engagement on referral.dispatch_step (agency_id, engagement_id, at);
select handrail.protect_table('referral.dispatch_step', 'referrals', 'select, insert');

-- A plan's start and phases have the plan's own key and may come before or after the match.
create table referral.plan (
  agency_id      uuid        not null,
  plan_id        uuid        not null,
  version        integer     not null,
  engagement_id  uuid        not null,
  participant_id uuid        not null,
  phase          text        not null,
  closed_at      timestamptz,
  constraint plan_pkey primary key (agency_id, plan_id)
);
create index plan_engagement on referral.plan (agency_id, engagement_id);
select handrail.protect_table('referral.plan', 'referrals', 'select, insert, update');
