-- A partner's own FHIR server, at which the agency is the client.
create table referral.outside_server (
  agency_id   uuid        not null,
  partner_id  uuid        not null,
  version     integer     not null,
  base_url    text        not null,
  token_url   text,                   -- where it is missing, the server's own configuration says it
  client_id   text,                   -- as whom the partner knows the agency
  scope       text        not null,
  task_owner  text,                   -- whose Tasks there are meant for the agency; nothing: it looks for none
  pulled_at   timestamptz,            -- when it last looked for them
  signing_key bytea       not null,   -- sealed: the agency's private key for this partner alone
  changed_at  timestamptz not null,
  changed_by  text        not null,
  constraint outside_server_pkey primary key (agency_id, partner_id),
  constraint outside_server_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint outside_server_version_positive check (version > 0)
);
select handrail.protect_table('referral.outside_server', 'referrals', 'select, insert, update');

-- Referrals that the agency sends on to another organisation, and what becomes of them there.
create table referral.onward_referral (
  agency_id       uuid        not null,
  onward_id       uuid        not null,
  referral_id     uuid        not null,
  participant_id  uuid        not null,
  partner_id      uuid        not null,
  version         integer     not null,
  service         text,                  -- a kind of service of the catalogue; nothing means peer support
  priority        text        not null,
  note            bytea,                 -- sealed: what the other side should know
  status          text        not null,
  task_id         text,                  -- the other side's id of its Task
  business_status text,
  reason          bytea,                 -- sealed: why the status is what it is, in the other side's words
  queued_at       timestamptz not null,
  queued_by       text        not null,
  told_at         timestamptz,           -- when it was accounted for: before it first went out
  sent_at         timestamptz,
  looked_at       timestamptz,
  looks           integer     not null,
  taken_back_at   timestamptz,
  fault           text,
  changed_at      timestamptz not null,
  constraint onward_referral_pkey primary key (agency_id, onward_id),
  constraint onward_referral_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint onward_referral_participant_fkey
    foreign key (agency_id, participant_id) references referral.participant,
  constraint onward_referral_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint onward_referral_version_positive check (version > 0),
  constraint onward_referral_status_known check
    (status in ('queued', 'sent', 'accepted', 'in-progress', 'on-hold', 'rejected', 'completed', 'failed', 'cancelled',
      'withheld', 'undelivered')),
  constraint onward_referral_sent_was_told check (sent_at is null or told_at is not null),
  constraint onward_referral_withheld_stays check (status <> 'withheld' or sent_at is null)
);
-- The same referral is under way to the same organisation once.
create unique index onward_referral_one_open on referral.onward_referral (agency_id, referral_id, partner_id)
  where status in ('queued', 'sent', 'accepted', 'in-progress', 'on-hold');
create index onward_referral_of_referral on referral.onward_referral (agency_id, referral_id, onward_id);
create index onward_referral_of_participant on referral.onward_referral (agency_id, participant_id, onward_id);
create index onward_referral_by_status on referral.onward_referral (agency_id, status, onward_id);
select handrail.protect_table('referral.onward_referral', 'referrals', 'select, insert, update');

-- Tasks that lie on partners' servers, and what they became here. One that could not be read became nothing.
create table referral.outside_task (
  agency_id   uuid        not null,
  partner_id  uuid        not null,
  task_id     text        not null,
  referral_id uuid,
  found_at    timestamptz not null,
  constraint outside_task_pkey primary key (agency_id, partner_id, task_id),
  constraint outside_task_server_fkey foreign key (agency_id, partner_id) references referral.outside_server,
  constraint outside_task_referral_fkey foreign key (agency_id, referral_id) references referral.referral
);
create index outside_task_of_referral on referral.outside_task (agency_id, referral_id) where referral_id is not null;
select handrail.protect_table('referral.outside_task', 'referrals', 'select, insert, update');
