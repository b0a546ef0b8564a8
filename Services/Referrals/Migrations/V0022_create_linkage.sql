-- What people lack, and the services with which they are brought together until the need is met (the closed loop outwards).
-- Codes are those of Domain/Data/linkages.json; their lists change without a migration, so only their form is checked.

create table referral.need (
  agency_id      uuid        not null,
  need_id        uuid        not null,
  participant_id uuid        not null,
  version        integer     not null,
  kind           text        not null,
  opened_on      date        not null,
  closed_on      date,
  outcome        text,
  met_by         uuid,                   -- the linkage
  note           bytea,                  -- sealed
  recorded_at    timestamptz not null,
  recorded_by    text        not null,
  constraint need_pkey primary key (agency_id, need_id),
  -- A linkage belongs to the need's own participant, whoever they are merged with.
  constraint need_of_participant_key unique (agency_id, need_id, participant_id),
  constraint need_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint need_version_positive check (version > 0),
  constraint need_kind_is_code check (kind ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  constraint need_outcome_known check (outcome in ('met', 'partly-met', 'no-longer-needed', 'not-met')),
  constraint need_closed_whole check ((closed_on is null) = (outcome is null)),
  constraint need_in_order check (closed_on >= opened_on),
  constraint need_met_by_is_met check (met_by is null or outcome = 'met')
);
create index need_by_participant on referral.need (agency_id, participant_id, need_id);
select handrail.protect_table('referral.need', 'referrals', 'select, insert, update');

create table referral.linkage (
  agency_id      uuid        not null,
  linkage_id     uuid        not null,
  need_id        uuid        not null,
  participant_id uuid        not null,
  version        integer     not null,
  service        text        not null,
  level          integer     not null,   -- 1 information, 2 facilitated, 3 accompanied
  status         text        not null,
  entry_id       uuid,
  provider       bytea,                  -- sealed: what it is called, where the directory has it not
  note           bytea,                  -- sealed
  refused_by     text,
  refusal        text,
  started_at     timestamptz,
  sustained_days integer     not null,
  offered_at     timestamptz not null,
  offered_by     text        not null,
  changed_at     timestamptz not null,
  constraint linkage_pkey primary key (agency_id, linkage_id),
  constraint linkage_need_fkey foreign key (agency_id, need_id, participant_id)
    references referral.need (agency_id, need_id, participant_id),
  constraint linkage_entry_fkey foreign key (agency_id, entry_id) references referral.directory_entry,
  constraint linkage_version_positive check (version > 0),
  constraint linkage_service_is_code check (service ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  constraint linkage_level_known check (level between 1 and 3),
  constraint linkage_status_known check (status in
    ('offered', 'contacted', 'admitted', 'attended', 'refused', 'sustained', 'ended', 'need-met', 'withdrawn')),
  constraint linkage_refused_by_known check (refused_by in ('service', 'person')),
  constraint linkage_refusal_whole check ((refused_by is null) = (refusal is null)),
  constraint linkage_refused_says_why check ((status = 'refused') = (refusal is not null)),
  constraint linkage_begun_says_when
    check ((status in ('admitted', 'attended', 'sustained', 'ended', 'need-met')) = (started_at is not null)),
  constraint linkage_sustained check (sustained_days >= 0 and (status <> 'sustained' or sustained_days > 0))
);
create index linkage_by_participant on referral.linkage (agency_id, participant_id, linkage_id);
create index linkage_by_need on referral.linkage (agency_id, need_id);
create index linkage_by_entry on referral.linkage (agency_id, entry_id) where entry_id is not null;
select handrail.protect_table('referral.linkage', 'referrals', 'select, insert, update');

create table referral.linkage_change (
  agency_id  uuid        not null,
  linkage_id uuid        not null,
  version    integer     not null,
  status     text        not null,
  detail     text,                       -- codes, never words
  changed_at timestamptz not null,
  changed_by text        not null,
  constraint linkage_change_pkey primary key (agency_id, linkage_id, version),
  constraint linkage_change_linkage_fkey foreign key (agency_id, linkage_id) references referral.linkage
);
select handrail.protect_table('referral.linkage_change', 'referrals', 'select, insert');

-- When somebody is asked whether it holds. Kept with the participant, because peers ask for their own people's.
create table referral.linkage_check (
  agency_id      uuid        not null,
  linkage_id     uuid        not null,
  days           integer     not null,
  participant_id uuid        not null,
  due_at         timestamptz not null,
  came_due_at    timestamptz,            -- since then it stands on the list
  answer         text,
  answered_at    timestamptz,
  answered_by    text,
  constraint linkage_check_pkey primary key (agency_id, linkage_id, days),
  constraint linkage_check_linkage_fkey foreign key (agency_id, linkage_id) references referral.linkage,
  constraint linkage_check_days_positive check (days > 0),
  constraint linkage_check_answer_known check (answer in ('sustained', 'stopped', 'unknown')),
  constraint linkage_check_answer_whole
    check ((answer is null) = (answered_at is null) and (answer is null) = (answered_by is null))
);
create index linkage_check_due on referral.linkage_check (agency_id, due_at, linkage_id, days)
  where came_due_at is not null and answer is null;
create index linkage_check_due_of_participant on referral.linkage_check (agency_id, participant_id, due_at)
  where came_due_at is not null and answer is null;
-- Questions that nobody needs to ask any more go.
select handrail.protect_table('referral.linkage_check', 'referrals', 'select, insert, update, delete');
create index engagement_of_peer on referral.engagement (agency_id, peer_id, participant_id) where peer_id is not null;
create index plan_open on referral.plan (agency_id, engagement_id) where closed_at is null;

-- Days of insurance and benefits. What the programme calls the person is an identifier of theirs, and sealed with them.
create table referral.coverage_span (
  agency_id      uuid        not null,
  coverage_id    uuid        not null,
  participant_id uuid        not null,
  version        integer     not null,
  programme      text        not null,
  plan_code      text,
  from_on        date        not null,
  through_on     date,
  recorded_at    timestamptz not null,
  recorded_by    text        not null,
  constraint coverage_span_pkey primary key (agency_id, coverage_id),
  constraint coverage_span_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint coverage_span_version_positive check (version > 0),
  constraint coverage_span_programme_is_code check (programme ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  constraint coverage_span_plan_is_code check (plan_code ~ '^[A-Z0-9-]{1,12}$'),
  constraint coverage_span_in_order check (through_on >= from_on),
  constraint coverage_span_once exclude using gist (
    agency_id with =, participant_id with =, programme with =, daterange(from_on, through_on, '[]') with &&)
);
create index coverage_span_by_participant on referral.coverage_span (agency_id, participant_id, from_on);
select handrail.protect_table('referral.coverage_span', 'referrals', 'select, insert, update');

-- Naloxone. Of anonymous people nothing is kept that leads to them: no id, no hour, nobody who wrote it down; the ids of
-- these rows are random, because others hold the time.
create table referral.naloxone_kit (
  agency_id      uuid        not null,
  kit_id         uuid        not null,
  given_on       date        not null,
  recipient      text        not null,
  participant_id uuid,
  product        text        not null,
  lot            text,
  expires_on     date,
  count          integer     not null,
  training       text[]      not null,
  refill         text        not null,
  recorded_at    timestamptz,
  recorded_by    text,
  constraint naloxone_kit_pkey primary key (agency_id, kit_id),
  constraint naloxone_kit_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint naloxone_kit_recipient_known check (recipient in ('participant', 'family', 'agency', 'anonymous')),
  constraint naloxone_kit_recipient_whole check (
    (recipient <> 'participant' or participant_id is not null)
    and (recipient in ('participant', 'family') or participant_id is null)),
  constraint naloxone_kit_anonymous
    check ((participant_id is null) = (recorded_at is null) and (recorded_at is null) = (recorded_by is null)),
  constraint naloxone_kit_count_positive check (count > 0)
);
create index naloxone_kit_by_day on referral.naloxone_kit (agency_id, given_on, kit_id);
create index naloxone_kit_by_participant on referral.naloxone_kit (agency_id, participant_id)
  where participant_id is not null;
select handrail.protect_table('referral.naloxone_kit', 'referrals', 'select, insert');

create table referral.reversal (
  agency_id      uuid    not null,
  reversal_id    uuid    not null,
  happened_on    date    not null,
  participant_id uuid,
  place          text    not null,
  doses          integer not null,
  given_by       text    not null,
  survived       boolean,
  ems_called     boolean,
  recorded_at    timestamptz,
  recorded_by    text,
  constraint reversal_pkey primary key (agency_id, reversal_id),
  constraint reversal_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint reversal_doses_positive check (doses > 0),
  constraint reversal_anonymous
    check ((participant_id is null) = (recorded_at is null) and (recorded_at is null) = (recorded_by is null))
);
create index reversal_by_day on referral.reversal (agency_id, happened_on, reversal_id);
create index reversal_by_participant on referral.reversal (agency_id, participant_id) where participant_id is not null;
select handrail.protect_table('referral.reversal', 'referrals', 'select, insert');

-- Money, in whole cents. Each limit is a row that a spending counts up, and a check that then refuses: of ten at the same
-- moment those go through for whom there is enough.
create table referral.fund (
  agency_id        uuid        not null,
  fund_id          uuid        not null,
  version          integer     not null,
  name             text        not null,
  amount_cents     bigint      not null,
  committed_cents  bigint      not null,
  person_cap_cents bigint,
  starts_on        date        not null,
  ends_on          date        not null,
  closed_at        timestamptz,
  created_at       timestamptz not null,
  created_by       text        not null,
  constraint fund_pkey primary key (agency_id, fund_id),
  constraint fund_name_key unique (agency_id, name),
  constraint fund_version_positive check (version > 0),
  constraint fund_name_short check (octet_length(name) between 1 and 320),
  constraint fund_in_order check (ends_on >= starts_on),
  constraint fund_person_cap_positive check (person_cap_cents > 0),
  constraint fund_within_amount check (committed_cents between 0 and amount_cents)
);
select handrail.protect_table(
  'referral.fund', 'referrals',
  'select, insert, update (version, amount_cents, committed_cents, person_cap_cents, starts_on, ends_on, closed_at)');

create table referral.fund_kind (
  agency_id        uuid   not null,
  fund_id          uuid   not null,
  kind             text   not null,
  cap_cents        bigint,
  person_cap_cents bigint,
  committed_cents  bigint not null,
  constraint fund_kind_pkey primary key (agency_id, fund_id, kind),
  constraint fund_kind_fund_fkey foreign key (agency_id, fund_id) references referral.fund,
  constraint fund_kind_person_cap_positive check (person_cap_cents > 0),
  constraint fund_kind_committed check (committed_cents >= 0),
  constraint fund_kind_within_cap check (committed_cents <= cap_cents)
);
select handrail.protect_table('referral.fund_kind', 'referrals', 'select, insert, update (cap_cents, person_cap_cents, committed_cents)');

-- What one participant has of a fund, of all kinds ('') and of each, also where no cap stands yet. Merged participants count
-- as one: what the others have is written beside it with each reservation, and both together stay within the cap. A merge
-- rewrites nothing; whoever then has more than the cap keeps it, and is given no more.
create table referral.fund_person (
  agency_id       uuid   not null,
  fund_id         uuid   not null,
  participant_id  uuid   not null,
  kind            text   not null,
  cap_cents       bigint,
  committed_cents bigint not null,
  others_cents    bigint not null,
  constraint fund_person_pkey primary key (agency_id, fund_id, participant_id, kind),
  constraint fund_person_fund_fkey foreign key (agency_id, fund_id) references referral.fund,
  constraint fund_person_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint fund_person_committed check (committed_cents >= 0 and others_cents >= 0),
  constraint fund_person_within_cap check (committed_cents + others_cents <= cap_cents)
);
select handrail.protect_table(
  'referral.fund_person', 'referrals', 'select, insert, update (cap_cents, committed_cents, others_cents)');

create table referral.spending (
  agency_id      uuid        not null,
  spending_id    uuid        not null,
  fund_id        uuid        not null,
  participant_id uuid        not null,
  linkage_id     uuid,
  version        integer     not null,
  kind           text        not null,
  form           text        not null,
  amount_cents   bigint      not null,   -- what stands against the fund
  status         text        not null,
  has_receipt    boolean     not null,
  reserved_at    timestamptz not null,
  reserved_by    text        not null,
  settled_at     timestamptz,
  settled_by     text,
  constraint spending_pkey primary key (agency_id, spending_id),
  constraint spending_fund_fkey foreign key (agency_id, fund_id) references referral.fund,
  constraint spending_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint spending_linkage_fkey foreign key (agency_id, linkage_id) references referral.linkage,
  constraint spending_version_positive check (version > 0),
  constraint spending_form_known check (form in ('money', 'material')),
  constraint spending_status_known check (status in ('reserved', 'spent', 'released')),
  constraint spending_amount check (amount_cents >= 0 and (status <> 'released' or amount_cents = 0)),
  constraint spending_settled_whole check
    ((status = 'reserved') = (settled_at is null) and (settled_at is null) = (settled_by is null))
);
create index spending_by_participant on referral.spending (agency_id, participant_id, spending_id);
create index spending_by_fund on referral.spending (agency_id, fund_id, spending_id);
create index spending_by_linkage on referral.spending (agency_id, linkage_id) where linkage_id is not null;
select handrail.protect_table('referral.spending', 'referrals', 'select, insert, update');

create table referral.linkage_ride (
  agency_id      uuid        not null,
  linkage_id     uuid        not null,
  purpose        text        not null,
  mode           text        not null,
  pick_up_from   timestamptz not null,
  pick_up_until  timestamptz not null,
  cost_cents     bigint,
  fund_id        uuid,
  appointment_id uuid,
  constraint linkage_ride_pkey primary key (agency_id, linkage_id),
  constraint linkage_ride_linkage_fkey foreign key (agency_id, linkage_id) references referral.linkage,
  constraint linkage_ride_fund_fkey foreign key (agency_id, fund_id) references referral.fund,
  constraint linkage_ride_cost check (cost_cents >= 0),
  constraint linkage_ride_window check (pick_up_until >= pick_up_from)
);
select handrail.protect_table('referral.linkage_ride', 'referrals', 'select, insert');
