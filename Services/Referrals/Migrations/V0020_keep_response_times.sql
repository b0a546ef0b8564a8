-- What a referral waits for, and until when: boards of what is overdue, and reminders. Referrals that wait already get
-- theirs with their next change.
alter table referral.referral
  add column awaited       text,
  add column awaited_since timestamptz,
  add column due_at        timestamptz,
  add column reminders     smallint not null default 0,
  add constraint referral_awaited_known check (awaited in ('decision', 'peer', 'meeting', 'resumption')),
  add constraint referral_awaited_whole check (num_nonnulls(awaited, awaited_since, due_at) in (0, 3)),
  add constraint referral_reminders_counted check (reminders >= 0);
create index referral_due on referral.referral (agency_id, due_at, referral_id) where due_at is not null;

-- Where an agency's own desks hear that there is something to do, by a signed webhook that names nobody. The privacy
-- office's row moves here; the old table goes with a later version, when no process reads it any more.
create table referral.desk (
  agency_id      uuid        not null,
  desk           text        not null,
  version        integer     not null,
  webhook_url    text        not null,
  webhook_secret bytea       not null,   -- sealed with the key ring; see Vault
  changed_at     timestamptz not null,
  constraint desk_pkey primary key (agency_id, desk),
  constraint desk_known check (desk in ('privacy-office', 'duty-desk')),
  constraint desk_version_positive check (version > 0)
);
-- The owner sees no rows either while the table forces its policies.
alter table referral.privacy_office no force row level security;
insert into referral.desk (agency_id, desk, version, webhook_url, webhook_secret, changed_at)
select agency_id, 'privacy-office', version, webhook_url, webhook_secret, changed_at
from referral.privacy_office;
alter table referral.privacy_office force row level security;
select handrail.protect_table('referral.desk', 'referrals', 'select, insert, update');
