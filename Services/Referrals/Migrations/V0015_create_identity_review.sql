-- Each time that a person was not simply found by number or by name and birth date: pairs for a person to decide, crowds of
-- which not all were compared, joins that nobody was asked about, with what spoke for them, and numbers that led to somebody
-- of whom everything else says otherwise. Fields and levels, no values.
create table referral.identity_review (
  agency_id            uuid        not null,
  review_id            uuid        not null,
  kind                 text        not null,
  participant_id       uuid        not null,
  other_participant_id uuid,
  referral_id          uuid        not null,   -- the one that brought it up
  policy_version       integer     not null,
  score                integer,                -- thousandths of a bit
  agreement            text[]      not null,
  found_at             timestamptz not null,
  decision             text,
  decided_by           text,
  decided_at           timestamptz,
  constraint identity_review_pkey primary key (agency_id, review_id),
  constraint identity_review_participant_fkey
    foreign key (agency_id, participant_id) references referral.participant,
  constraint identity_review_other_fkey
    foreign key (agency_id, other_participant_id) references referral.participant (agency_id, participant_id),
  constraint identity_review_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint identity_review_kind_known check (kind in ('pair', 'crowd', 'join', 'contradiction')),
  constraint identity_review_pair_has_two check ((kind = 'pair') = (other_participant_id is not null)),
  constraint identity_review_two_are_two check (other_participant_id <> participant_id),
  constraint identity_review_decision_known check (decision in ('same', 'different')),
  constraint identity_review_decided_whole check (
    (decision is null and decided_by is null and decided_at is null)
    or (decision is not null and decided_by is not null and decided_at is not null)),
  constraint identity_review_join_is_decided check (kind <> 'join' or decision is not null)
);
create index identity_review_open on referral.identity_review (agency_id, review_id) where decision is null;
-- A feed that sends the same wrong number every night asks once.
create unique index identity_review_one_open_contradiction on referral.identity_review (agency_id, participant_id)
  where kind = 'contradiction' and decision is null;
create index identity_review_participant on referral.identity_review (agency_id, participant_id, review_id);
create index identity_review_other on referral.identity_review (agency_id, other_participant_id, review_id)
  where other_participant_id is not null;
create index identity_review_referral on referral.identity_review (agency_id, referral_id);
select handrail.protect_table(
  'referral.identity_review', 'referrals', 'select, insert, update (decision, decided_by, decided_at)');
