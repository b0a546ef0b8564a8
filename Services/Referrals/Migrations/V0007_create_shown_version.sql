-- What a sender was shown, version by version, so that it can read its Task's history. Kept as it was shown: what the
-- work did unseen is not here. `is_bare` marks what needs no consent: accepted or rejected, and what the sender did.
create table referral.shown_version (
  agency_id       uuid        not null,
  referral_id     uuid        not null,
  version         integer     not null,   -- the sender's own: Task.meta.versionId
  status          text        not null,
  business_status text        not null,
  status_reason   bytea,                  -- sealed: free text
  closing_reason  text,
  is_bare         boolean     not null,
  at              timestamptz not null,
  constraint shown_version_pkey primary key (agency_id, referral_id, version),
  constraint shown_version_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint shown_version_positive check (version > 0)
);
select handrail.protect_table('referral.shown_version', 'referrals', 'select, insert');
