-- Who said that two participants are one person, when, and who took it back: a row for each time. Which ids are one person
-- now is in participant_merge, here as in every service; nothing else is rewritten, so that a merge can be taken back.
create table referral.merge_history (
  agency_id      uuid        not null,
  participant_id uuid        not null,   -- who was merged
  version        integer     not null,   -- of participant_merge: odd
  into_id        uuid        not null,   -- who remained
  review_id      uuid,                   -- the review that was decided so; null where nobody had asked
  merged_at      timestamptz not null,
  merged_by      text        not null,
  unmerged_at    timestamptz,
  unmerged_by    text,
  constraint merge_history_pkey primary key (agency_id, participant_id, version),
  constraint merge_history_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint merge_history_into_fkey
    foreign key (agency_id, into_id) references referral.participant (agency_id, participant_id),
  constraint merge_history_review_fkey
    foreign key (agency_id, review_id) references referral.identity_review (agency_id, review_id),
  constraint merge_history_version_odd check (version > 0 and version % 2 = 1),
  constraint merge_history_two_are_two check (into_id <> participant_id),
  constraint merge_history_unmerged_whole check ((unmerged_at is null) = (unmerged_by is null))
);
create unique index merge_history_one_at_a_time on referral.merge_history (agency_id, participant_id)
  where unmerged_at is null;
create index merge_history_into on referral.merge_history (agency_id, into_id);
create index merge_history_review on referral.merge_history (agency_id, review_id) where review_id is not null;
select handrail.protect_table('referral.merge_history', 'referrals', 'select, insert, update (unmerged_at, unmerged_by)');

-- A sender's ids do not change by a merge: of somebody who was found as another participant than the one who remains, the
-- sender's referral is shown under the id that it has for that one. Null, as for all from before: participant_id.
alter table referral.referral
  add column known_as_id uuid,
  add constraint referral_known_as_fkey
    foreign key (agency_id, known_as_id) references referral.participant (agency_id, participant_id) not valid;
alter table referral.referral validate constraint referral_known_as_fkey;
