-- Identities are erased by throwing their key away: what was sealed with it is then unreadable wherever it stands, and the
-- rows that are counted stay (45 CFR 164.528 and state law say how long accountings and audit trails are kept).
alter table referral.participant
  add column erased_at timestamptz,
  add column erased_by text,
  add constraint participant_erased_whole check ((erased_at is null) = (erased_by is null)),
  -- An erased one has no key; nobody else is without.
  add constraint participant_key_unless_erased check ((octet_length(data_key) = 0) = (erased_at is not null)),
  add constraint participant_nothing_left check (
    erased_at is null
    or (given_name is null and family_name is null and birth_date is null and phone is null and address is null
      and identifiers is null and postal_code is null and gender is null));
grant delete on referral.received_resource to referrals;
create index account_of_participant on referral.account (agency_id, participant_id) where participant_id is not null;
