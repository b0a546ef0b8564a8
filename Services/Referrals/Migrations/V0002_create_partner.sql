-- Organisations that refer people to an agency, their clients, and the pseudonyms under which each knows the people and
-- referrals that it sent: two organisations never share an id.

create table referral.partner (
  agency_id      uuid        not null,
  partner_id     uuid        not null,
  version        integer     not null,
  name           text        not null,
  kind           text        not null,
  intake_policy  text        not null,
  status         text        not null,
  webhook_url    text,
  webhook_secret bytea,      -- sealed with the key ring; see Vault
  created_at     timestamptz not null,
  changed_at     timestamptz not null,
  constraint partner_pkey primary key (agency_id, partner_id),
  constraint partner_version_positive check (version > 0),
  constraint partner_name_present check (name <> ''),
  constraint partner_kind_known check
    (kind in ('hospital', 'clinic', 'court', 'prison', 'jail', 'school', 'employer', 'community', 'other')),
  constraint partner_intake_policy_known check (intake_policy in ('auto', 'review')),
  constraint partner_status_known check (status in ('active', 'disabled')),
  constraint partner_webhook_signed check (webhook_url is null or webhook_secret is not null)
);
create unique index partner_name_key on referral.partner (agency_id, name);
select handrail.protect_table('referral.partner', 'referrals', 'select, insert, update');

-- Clients authenticate with a key pair (SMART Backend Services); what they may do is here, never in what they send.
create table referral.partner_client (
  agency_id   uuid        not null,
  client_id   text        not null,   -- '<agency id>.<random>': the token endpoint reads the agency from it
  partner_id  uuid        not null,
  jwks        jsonb,
  jwks_url    text,
  scopes      text[]      not null,
  created_at  timestamptz not null,
  disabled_at timestamptz,
  constraint partner_client_pkey primary key (agency_id, client_id),
  constraint partner_client_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint partner_client_one_key_source check ((jwks is null) <> (jwks_url is null)),
  constraint partner_client_of_agency check (client_id like agency_id::text || '.%')
);
create index partner_client_partner on referral.partner_client (agency_id, partner_id);
select handrail.protect_table('referral.partner_client', 'referrals', 'select, insert, update');

-- The token endpoint runs before an agency is known, as the worker login. It reads clients and their partners' status.
grant select on referral.partner_client to referrals_worker;
create policy worker on referral.partner_client for select to referrals_worker using (true);

-- Assertions that were used: a second use of a `jti` before its expiry is a replay.
create table referral.token_replay (
  agency_id  uuid        not null,
  client_id  text        not null,
  jti_digest text        not null,   -- SHA-256 in hexadecimal: the claim is the client's to choose, up to any length
  expires_at timestamptz not null,
  constraint token_replay_pkey primary key (agency_id, client_id, jti_digest)
);
create index token_replay_expired on referral.token_replay (agency_id, expires_at);
select handrail.protect_table('referral.token_replay', 'referrals', 'select');
grant select, insert, delete on referral.token_replay to referrals_worker;
create policy worker on referral.token_replay to referrals_worker using (true) with check (true);

-- The ids under which a partner knows what it sent.
create table referral.partner_alias (
  agency_id  uuid not null,
  partner_id uuid not null,
  kind       text not null,
  subject_id uuid not null,
  alias_id   uuid not null,
  constraint partner_alias_pkey primary key (agency_id, partner_id, kind, subject_id),
  constraint partner_alias_alias_key unique (agency_id, partner_id, kind, alias_id),
  constraint partner_alias_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint partner_alias_kind_known check (kind in ('participant', 'referral', 'task', 'consent'))
);
select handrail.protect_table('referral.partner_alias', 'referrals', 'select, insert');
