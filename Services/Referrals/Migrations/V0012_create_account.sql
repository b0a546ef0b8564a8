-- Accounts of people whose agency has no identity provider, and their sessions. A participant's account is presence: its
-- login is kept as a keyed digest only, like everything by which a participant is found.

create table referral.account (
  agency_id         uuid        not null,
  account_id        uuid        not null,
  version           integer     not null,
  role              text        not null,
  login             text,                   -- of staff only, for lists
  peer_id           uuid,
  participant_id    uuid,
  password_hash     bytea       not null,   -- scrypt, with its parameters and salt in front
  one_time_until    timestamptz,            -- the password was told by an operator and only serves to choose one
  totp_secret       bytea,                  -- sealed with the key ring
  totp_confirmed_at timestamptz,
  totp_step         bigint,                 -- the last one that was used: each counts once
  created_at        timestamptz not null,
  changed_at        timestamptz not null,
  disabled_at       timestamptz,
  constraint account_pkey primary key (agency_id, account_id),
  constraint account_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint account_version_positive check (version > 0),
  constraint account_role_known check
    (role in ('coordinator', 'supervisor', 'peer', 'participant', 'operator', 'privacy-officer')),
  constraint account_login_of_staff check ((role = 'participant') = (login is null)),
  constraint account_peer_named check ((role = 'peer') = (peer_id is not null)),
  constraint account_participant_named check ((role = 'participant') = (participant_id is not null)),
  constraint account_totp_confirmed check (totp_confirmed_at is null or totp_secret is not null)
);
create index account_of_staff on referral.account (agency_id, account_id) where participant_id is null;
select handrail.protect_table('referral.account', 'referrals', 'select, insert, update');

-- Every account is found by the digest of its login, so that finding one takes the same way for everybody.
create table referral.account_login (
  agency_id   uuid     not null,
  key_version smallint not null,
  digest      text     not null,   -- HMAC-SHA-256 in hexadecimal
  account_id  uuid     not null,
  constraint account_login_pkey primary key (agency_id, key_version, digest),
  constraint account_login_account_fkey foreign key (agency_id, account_id) references referral.account
);
create index account_login_account on referral.account_login (agency_id, account_id);
select handrail.protect_table('referral.account_login', 'referrals', 'select, insert');

-- Attempts by the login that was typed, whether or not anybody has it: who guesses cannot tell from being held.
create table referral.sign_in_attempt (
  agency_id  uuid        not null,
  digest     text        not null,
  failures   integer     not null,
  last_at    timestamptz not null,
  held_until timestamptz not null,
  constraint sign_in_attempt_pkey primary key (agency_id, digest),
  constraint sign_in_attempt_counted check (failures >= 0)
);
create index sign_in_attempt_last on referral.sign_in_attempt (agency_id, last_at);
select handrail.protect_table('referral.sign_in_attempt', 'referrals', 'select, insert, update, delete');

create table referral.account_session (
  agency_id  uuid        not null,
  session_id uuid        not null,
  account_id uuid        not null,
  started_at timestamptz not null,
  used_at    timestamptz not null,
  ends_at    timestamptz not null,
  ended_at   timestamptz,
  ended_by   text,
  constraint account_session_pkey primary key (agency_id, session_id),
  constraint account_session_account_fkey foreign key (agency_id, account_id) references referral.account,
  constraint account_session_end_known check
    (ended_by in ('sign-out', 'replay', 'revoked', 'password', 'account')),
  constraint account_session_ended check ((ended_at is null) = (ended_by is null))
);
create index account_session_open on referral.account_session (agency_id, account_id, session_id) where ended_at is null;
create index account_session_end on referral.account_session (agency_id, ends_at);
select handrail.protect_table('referral.account_session', 'referrals', 'select, insert, update, delete');

-- Used ones are kept as long as their session: whoever brings one again has it from somebody else.
create table referral.refresh_token (
  agency_id  uuid not null,
  digest     text not null,   -- SHA-256 in hexadecimal
  session_id uuid not null,
  used_at    timestamptz,
  constraint refresh_token_pkey primary key (agency_id, digest),
  constraint refresh_token_session_fkey foreign key (agency_id, session_id) references referral.account_session
    on delete cascade
);
create index refresh_token_session on referral.refresh_token (agency_id, session_id);
select handrail.protect_table('referral.refresh_token', 'referrals', 'select, insert, update, delete');
