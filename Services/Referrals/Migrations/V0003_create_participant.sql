-- People who receive support. Who they are is sealed: one data key per participant, wrapped by the key ring, with
-- agency, participant and column as associated data. Nothing in these rows reads as a person.

create table referral.participant (
  agency_id        uuid        not null,
  participant_id   uuid        not null,
  version          integer     not null,
  data_key         bytea       not null,   -- wrapped
  data_key_ring_id text        not null,   -- the key of the ring that wraps it
  given_name       bytea,
  family_name      bytea,
  birth_date       bytea,
  phone            bytea,
  address          bytea,
  identifiers      bytea,                  -- a JSON array of system and value
  phone_is_safe    boolean     not null,   -- whether a message on that phone is safe
  registered_at    timestamptz not null,
  changed_at       timestamptz not null,
  constraint participant_pkey primary key (agency_id, participant_id),
  constraint participant_version_positive check (version > 0)
);
create index participant_ring on referral.participant (agency_id, data_key_ring_id);
select handrail.protect_table('referral.participant', 'referrals', 'select, insert, update');

-- Keyed digests by which a person is found. Those that identify are unique: when two hospitals refer the same person at
-- the same moment, this index decides who registers, and the other one finds.
create table referral.participant_blind_index (
  agency_id      uuid     not null,
  kind           text     not null,
  key_version    smallint not null,
  hmac           text     not null,        -- hexadecimal: text equality is leakproof and travels in arrays
  participant_id uuid     not null,
  constraint participant_blind_index_pkey primary key (agency_id, kind, key_version, hmac, participant_id),
  constraint participant_blind_index_participant_fkey
    foreign key (agency_id, participant_id) references referral.participant,
  constraint participant_blind_index_kind_known
    check (kind in ('identifier', 'name_birth_date', 'phone', 'name_birth_year_phonetic')),
  constraint participant_blind_index_hmac_length check (length(hmac) = 64)
);
create unique index participant_blind_index_identity_key
  on referral.participant_blind_index (agency_id, kind, key_version, hmac)
  where kind in ('identifier', 'name_birth_date');
create index participant_blind_index_participant on referral.participant_blind_index (agency_id, participant_id);
select handrail.protect_table('referral.participant_blind_index', 'referrals', 'select, insert, delete');

-- Consents, with the elements of 42 CFR 2.31(a).
create table referral.consent (
  agency_id                    uuid        not null,
  consent_id                   uuid        not null,
  participant_id               uuid        not null,
  version                      integer     not null,
  kind                         text        not null,
  discloser                    text        not null,
  information                  text[]      not null,
  recipient_kind               text        not null,
  recipient_partner_id         uuid,
  recipient_name               text,
  purpose                      text        not null,
  explains_revocation          boolean     not null,
  expires_at                   timestamptz,
  expiry_event                 text,
  expiry_event_at              timestamptz,
  signed_by                    text        not null,
  signature_method             text        not null,
  signed_at                    timestamptz not null,
  warns_of_redisclosure        boolean     not null,
  revoked_at                   timestamptz,
  recorded_at                  timestamptz not null,
  recorded_by                  text        not null,
  constraint consent_pkey primary key (agency_id, consent_id),
  constraint consent_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint consent_recipient_partner_fkey
    foreign key (agency_id, recipient_partner_id) references referral.partner (agency_id, partner_id),
  constraint consent_version_positive check (version > 0),
  constraint consent_kind_known
    check (kind in ('disclosure', 'counselling-notes', 'legal-proceeding', 'criminal-justice')),
  constraint consent_recipient_whole check (
    (recipient_kind = 'partner' and recipient_partner_id is not null and recipient_name is null)
    or (recipient_kind = 'treatment-payment-operations' and recipient_partner_id is null and recipient_name is null)
    or (recipient_kind = 'named' and recipient_partner_id is null and recipient_name is not null)),
  constraint consent_purpose_known check (purpose in
    ('treatment-payment-operations', 'treatment', 'payment', 'operations', 'patient-request', 'research',
     'legal-proceeding', 'criminal-justice')),
  constraint consent_signed_by_known check (signed_by in ('participant', 'representative')),
  constraint consent_signature_method_known check (signature_method in ('paper', 'electronic')),
  constraint consent_one_expiry check (expires_at is null or expiry_event is null),
  constraint consent_expiry_event_whole check (expiry_event_at is null or expiry_event is not null)
);
create index consent_participant on referral.consent (agency_id, participant_id, consent_id);
select handrail.protect_table('referral.consent', 'referrals', 'select, insert, update');
