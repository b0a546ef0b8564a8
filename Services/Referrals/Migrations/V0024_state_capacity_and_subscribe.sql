-- What the agency's people say about each programme: whether somebody can be taken on now. It holds nothing about people.
create table referral.programme_capacity (
  agency_id uuid        not null,
  programme text        not null,
  version   integer     not null,
  status    text        not null,
  notes     text,
  stated_at timestamptz not null,
  stated_by text        not null,
  constraint programme_capacity_pkey primary key (agency_id, programme),
  constraint programme_capacity_version_positive check (version > 0),
  constraint programme_capacity_status_known check
    (status in ('capacity', 'no-capacity', 'waitlist', 'additional-assessment-required'))
);
select handrail.protect_table('referral.programme_capacity', 'referrals', 'select, insert, update');

-- What partners' clients want to hear of, and where (FHIR Subscription, R4 backport of topics).
create table referral.subscription (
  agency_id         uuid        not null,
  subscription_id   uuid        not null,
  partner_id        uuid        not null,
  client_id         text        not null,   -- whose end is the end of its subscriptions
  run               integer     not null,   -- how often it was asked for
  version           integer     not null,
  topic             text        not null,
  status            text        not null,
  content           bytea       not null,   -- sealed: the resource as sent, with the headers that its channel asks for
  heartbeat_seconds integer,
  events            bigint      not null,   -- how many were numbered
  error             text,
  ends_at           timestamptz,
  told_at           timestamptz not null,   -- when something last went out
  created_at        timestamptz not null,
  changed_at        timestamptz not null,
  constraint subscription_pkey primary key (agency_id, subscription_id),
  constraint subscription_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint subscription_client_fkey foreign key (agency_id, client_id) references referral.partner_client,
  constraint subscription_version_positive check (run > 0 and version > 0),
  constraint subscription_topic_known check (topic in ('task', 'service-request')),
  constraint subscription_status_known check (status in ('requested', 'active', 'error', 'off')),
  constraint subscription_heartbeat_bounded check (heartbeat_seconds between 60 and 86400),
  constraint subscription_error_says_why check (status <> 'error' or error is not null)
);
create index subscription_of_partner on referral.subscription (agency_id, partner_id, subscription_id);
select handrail.protect_table('referral.subscription', 'referrals', 'select, insert, update, delete');

-- The events of a subscription, numbered when they were told for the first time: what consent holds back has no number,
-- so that no gap tells of it.
create table referral.subscription_event (
  agency_id        uuid        not null,
  subscription_id  uuid        not null,
  number           bigint      not null,
  delivery_id      uuid        not null,
  referral_id      uuid        not null,
  rests_on_consent boolean     not null,
  at               timestamptz not null,
  constraint subscription_event_pkey primary key (agency_id, subscription_id, number),
  constraint subscription_event_once unique (agency_id, subscription_id, delivery_id),
  constraint subscription_event_subscription_fkey
    foreign key (agency_id, subscription_id) references referral.subscription,
  constraint subscription_event_referral_fkey foreign key (agency_id, referral_id) references referral.referral
);
create index subscription_event_of_referral on referral.subscription_event (agency_id, referral_id);
select handrail.protect_table('referral.subscription_event', 'referrals', 'select, insert, delete');
