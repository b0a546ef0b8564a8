-- Gender and postal code help to tell people apart; sealed like the rest of an identity.
alter table referral.participant
  add column gender      bytea,
  add column postal_code bytea;

-- Two more keys by which somebody may be found who is written otherwise this time: the sounds of both names, and the
-- birth date. Like the phone they only say whom to compare; decision 0021. Participants from before get theirs when keys
-- are renewed (POST /v1/keys/renew, also where no key has changed).
alter table referral.participant_blind_index
  drop constraint participant_blind_index_kind_known;
alter table referral.participant_blind_index
  add constraint participant_blind_index_kind_known
    check (kind in
      ('identifier', 'name_birth_date', 'phone', 'name_birth_year_phonetic', 'name_phonetic', 'birth_date'))
    not valid;
alter table referral.participant_blind_index
  validate constraint participant_blind_index_kind_known;
