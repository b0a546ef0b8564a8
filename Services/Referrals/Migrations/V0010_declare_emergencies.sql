-- Medical emergencies in which something is told without consent (42 CFR 2.51), documented before it is told; and the
-- agency's privacy office, which hears of each at once.
create table referral.emergency (
  agency_id             uuid        not null,
  emergency_id          uuid        not null,
  version               integer     not null,
  participant_id        uuid        not null,
  partner_id            uuid,                  -- whose personnel asked; null where one of the agency's people told them
  recipient_name        text        not null,  -- the medical personnel who receive
  recipient_affiliation text        not null,
  disclosed_by          text        not null,  -- the subject of the token
  nature                bytea       not null,  -- sealed
  declared_at           timestamptz not null,
  ends_at               timestamptz not null,
  reviewed_at           timestamptz,
  reviewed_by           text,
  outcome               text,
  review_note           bytea,                 -- sealed
  constraint emergency_pkey primary key (agency_id, emergency_id),
  constraint emergency_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint emergency_partner_fkey
    foreign key (agency_id, partner_id) references referral.partner (agency_id, partner_id),
  constraint emergency_version_positive check (version > 0),
  constraint emergency_ends check (ends_at > declared_at),
  constraint emergency_recipient_named check (recipient_name <> '' and recipient_affiliation <> ''),
  constraint emergency_outcome_known check (outcome in ('justified', 'not-justified')),
  constraint emergency_review_whole
    check ((reviewed_at is null) = (outcome is null) and (reviewed_at is null) = (reviewed_by is null))
);
create index emergency_by_review on referral.emergency (agency_id, declared_at, emergency_id) where reviewed_at is null;
create index emergency_by_participant on referral.emergency (agency_id, participant_id);
select handrail.protect_table('referral.emergency', 'referrals', 'select, insert, update');

alter table referral.disclosure
  add constraint disclosure_emergency_fkey foreign key (agency_id, emergency_id) references referral.emergency;

create table referral.privacy_office (
  agency_id      uuid        not null,
  version        integer     not null,
  webhook_url    text        not null,
  webhook_secret bytea       not null,   -- sealed with the key ring; see Vault
  changed_at     timestamptz not null,
  constraint privacy_office_pkey primary key (agency_id),
  constraint privacy_office_version_positive check (version > 0)
);
select handrail.protect_table('referral.privacy_office', 'referrals', 'select, insert, update');
