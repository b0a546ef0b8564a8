-- The accounting of disclosures (42 CFR 2.25, 45 CFR 164.528): what was told to whom outside the programme, when, what for
-- and on what it rested. A row is written in the transaction of the answer, and never changed.
create table referral.disclosure (
  agency_id            uuid        not null,
  disclosure_id        uuid        not null,
  participant_id       uuid        not null,
  at                   timestamptz not null,
  disclosed_by         text        not null,   -- the subject of a token, or the program that sent it
  recipient_partner_id uuid,
  recipient            text,                   -- who received it where it is no partner, or who there received it
  data_classes         text[]      not null,
  purpose              text        not null,
  basis                text        not null,
  consent_id           uuid,
  emergency_id         uuid,
  notice_version       text,                   -- of 42 CFR 2.32; none goes with what a court or an emergency takes
  operation_id         text        not null,
  request_id           text        not null,
  constraint disclosure_pkey primary key (agency_id, disclosure_id),
  constraint disclosure_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint disclosure_recipient_partner_fkey
    foreign key (agency_id, recipient_partner_id) references referral.partner (agency_id, partner_id),
  constraint disclosure_consent_fkey foreign key (agency_id, consent_id) references referral.consent,
  constraint disclosure_recipient_named check (recipient_partner_id is not null or recipient is not null),
  constraint disclosure_says_something check (cardinality(data_classes) > 0),
  constraint disclosure_basis_known check (basis in ('consent', 'emergency', 'care', 'order', 'law')),
  constraint disclosure_basis_consent check ((basis = 'consent') = (consent_id is not null)),
  constraint disclosure_basis_emergency check ((basis = 'emergency') = (emergency_id is not null))
);
comment on column referral.disclosure.basis is
  'care: treatment, payment or operations of a covered entity that is no Part 2 programme; order: a court order; '
  'law: another provision that a person entered';
create index disclosure_by_participant on referral.disclosure (agency_id, participant_id, at, disclosure_id);
select handrail.protect_table('referral.disclosure', 'referrals', 'select, insert');
create trigger refuse_change before update or delete on referral.disclosure
  for each row execute function handrail.refuse_change();
create trigger refuse_truncate before truncate on referral.disclosure execute function handrail.refuse_change();
