-- What is seen at the bedside (FACTS 5.3), where no other record has it: a row for each time it was written, so that who wrote
-- what and when stays. Codes are those of Domain/Data/bedside.json; only their form is checked.
create table referral.bedside_visit (
  agency_id                uuid        not null,
  referral_id              uuid        not null,
  version                  integer     not null,   -- the highest one is what is known now
  overdose_at              timestamptz,
  arrived_in_hospital_at   timestamptz,
  naloxone_by              text[]      not null,
  minutes_at_bedside       integer,
  medication_started       text,
  naloxone_kit_given       boolean,
  disposition              text,
  next_contact_on          date,
  status_at_eight_weeks    text,
  status_at_eight_weeks_at timestamptz,
  recorded_at              timestamptz not null,
  recorded_by              text        not null,
  constraint bedside_visit_pkey primary key (agency_id, referral_id, version),
  constraint bedside_visit_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint bedside_visit_version_positive check (version > 0),
  constraint bedside_visit_in_order check (overdose_at <= arrived_in_hospital_at),
  constraint bedside_visit_minutes_of_a_day check (minutes_at_bedside between 0 and 1440),
  constraint bedside_visit_medication_is_code check (medication_started ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  constraint bedside_visit_disposition_is_code check (disposition ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  constraint bedside_visit_status_is_code check (status_at_eight_weeks ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  constraint bedside_visit_status_whole check ((status_at_eight_weeks is null) = (status_at_eight_weeks_at is null))
);
select handrail.protect_table('referral.bedside_visit', 'referrals', 'select, insert');

-- Since when nobody asks any more how the person is after eight weeks: it was said, or they were erased. On the referral,
-- so that the board never walks past years of those about whom it is known.
alter table referral.referral add column eight_weeks_settled_at timestamptz;
create index referral_eight_weeks on referral.referral (agency_id, accepted_at, referral_id)
  where accepted_at is not null and eight_weeks_settled_at is null and status <> 'cancelled'
    and status <> 'entered-in-error';

-- How somebody can be reached, and through whom. Others are named in it who never agreed to that: it is one sealed document,
-- without a history, and goes with the person's key.
create table referral.reach_plan (
  agency_id      uuid        not null,
  participant_id uuid        not null,
  version        integer     not null,
  content        bytea       not null,   -- sealed
  changed_at     timestamptz not null,
  changed_by     text        not null,
  constraint reach_plan_pkey primary key (agency_id, participant_id),
  constraint reach_plan_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint reach_plan_version_positive check (version > 0)
);
select handrail.protect_table('referral.reach_plan', 'referrals', 'select, insert, update, delete');
