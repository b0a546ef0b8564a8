-- What partners send before any order: Patients, and Consents about them. Nobody has asked for support yet, so they are no
-- participants: each is kept for a day, for the partner that sent it and for nobody else.
create table referral.kept_resource (
  agency_id  uuid        not null,
  partner_id uuid        not null,
  kind       text        not null,   -- the FHIR resource type
  alias_id   uuid        not null,   -- the id under which the partner reads it; a Patient's becomes the person's
  patient_id uuid        not null,   -- the Patient that it is, or is about
  version    integer     not null,
  content    bytea       not null,   -- sealed with the key ring: there is no participant whose key could
  kept_at    timestamptz not null,
  expires_at timestamptz not null,
  constraint kept_resource_pkey primary key (agency_id, partner_id, kind, alias_id),
  constraint kept_resource_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint kept_resource_kind_known check (kind in ('Patient', 'Consent')),
  constraint kept_resource_patient_is_itself check (kind <> 'Patient' or patient_id = alias_id),
  constraint kept_resource_version_positive check (version > 0)
);
create index kept_resource_of_patient on referral.kept_resource (agency_id, partner_id, patient_id, kind);
create index kept_resource_by_expiry on referral.kept_resource (agency_id, partner_id, expires_at);
select handrail.protect_table('referral.kept_resource', 'referrals', 'select, insert, update, delete');

-- By what the same Patient of the same partner is recognised on that day: keyed digests.
create table referral.kept_number (
  agency_id   uuid        not null,
  partner_id  uuid        not null,
  key_version smallint    not null,
  hmac        text        not null,
  alias_id    uuid        not null,
  expires_at  timestamptz not null,
  constraint kept_number_pkey primary key (agency_id, partner_id, key_version, hmac),
  constraint kept_number_partner_fkey foreign key (agency_id, partner_id) references referral.partner
);
create index kept_number_by_expiry on referral.kept_number (agency_id, partner_id, expires_at);
select handrail.protect_table('referral.kept_number', 'referrals', 'select, insert, update, delete');

-- Ids that a partner was given for a Patient who turned out, with the order, to be somebody whom it knows by another id.
create table referral.partner_other_alias (
  agency_id      uuid not null,
  partner_id     uuid not null,
  alias_id       uuid not null,
  participant_id uuid not null,
  constraint partner_other_alias_pkey primary key (agency_id, partner_id, alias_id),
  constraint partner_other_alias_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint partner_other_alias_participant_fkey
    foreign key (agency_id, participant_id) references referral.participant
);
select handrail.protect_table('referral.partner_other_alias', 'referrals', 'select, insert');
