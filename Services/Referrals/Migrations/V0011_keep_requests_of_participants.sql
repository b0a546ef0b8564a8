-- What participants ask of the agency about their records: that something be not told (42 CFR 2.26, 45 CFR 164.522), and
-- that something be amended (45 CFR 164.526).

create table referral.restriction (
  agency_id      uuid        not null,
  restriction_id uuid        not null,
  version        integer     not null,
  participant_id uuid        not null,
  recipient_kind text        not null,
  recipient      text,
  data_classes   text[]      not null,   -- empty for everything
  purposes       text[]      not null,   -- empty for every purpose
  paid_in_full   boolean     not null,   -- by the person, or by somebody for them
  status         text        not null,
  requested_at   timestamptz not null,
  requested_by   text        not null,
  decided_at     timestamptz,
  decided_by     text,
  reason         bytea,                  -- sealed: why it was declined or ended
  constraint restriction_pkey primary key (agency_id, restriction_id),
  constraint restriction_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint restriction_version_positive check (version > 0),
  constraint restriction_recipient_kind_known
    check (recipient_kind in ('outside', 'organisation', 'organisation-kind', 'person')),
  constraint restriction_recipient_whole check ((recipient_kind = 'outside') = (recipient is null)),
  constraint restriction_status_known check (status in ('requested', 'agreed', 'declined', 'ended')),
  constraint restriction_decision_whole check ((status = 'requested') = (decided_at is null)),
  -- 45 CFR 164.522(a)(1)(vi): for what was paid in full a health plan is told nothing for payment and operations.
  constraint restriction_paid_in_full_agreed
    check (status <> 'declined' or not (paid_in_full and recipient_kind = 'organisation-kind' and recipient = 'health-plan'))
);
create index restriction_by_participant on referral.restriction (agency_id, participant_id, restriction_id);
create index restriction_to_decide on referral.restriction (agency_id, restriction_id) where status = 'requested';
select handrail.protect_table('referral.restriction', 'referrals', 'select, insert, update');

create table referral.amendment (
  agency_id      uuid        not null,
  amendment_id   uuid        not null,
  version        integer     not null,
  participant_id uuid        not null,
  data_class     text        not null,   -- what part of the record it is about
  request        bytea       not null,   -- sealed: what is wrong, and what would be right
  status         text        not null,
  requested_at   timestamptz not null,
  requested_by   text        not null,
  due_at         timestamptz not null,
  decided_at     timestamptz,
  decided_by     text,
  reason         bytea,                  -- sealed: why it was denied
  constraint amendment_pkey primary key (agency_id, amendment_id),
  constraint amendment_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint amendment_version_positive check (version > 0),
  constraint amendment_status_known check (status in ('requested', 'accepted', 'denied')),
  constraint amendment_decision_whole check ((status = 'requested') = (decided_at is null)),
  constraint amendment_denial_has_reason check (status <> 'denied' or reason is not null)
);
create index amendment_by_participant on referral.amendment (agency_id, participant_id, amendment_id);
create index amendment_to_decide on referral.amendment (agency_id, due_at, amendment_id) where status = 'requested';
select handrail.protect_table('referral.amendment', 'referrals', 'select, insert, update');

-- Which notice of privacy practices (42 CFR 2.22, 45 CFR 164.520) a participant was given, and when.
create table referral.notice_given (
  agency_id      uuid        not null,
  participant_id uuid        not null,
  version        text        not null,
  given_at       timestamptz not null,
  given_by       text        not null,
  constraint notice_given_pkey primary key (agency_id, participant_id, version),
  constraint notice_given_participant_fkey foreign key (agency_id, participant_id) references referral.participant
);
select handrail.protect_table('referral.notice_given', 'referrals', 'select, insert');
