-- By MLLP a certificate alone says which client sends.
create index partner_client_certificate on referral.partner_client (agency_id, certificate_sha256)
  where certificate_sha256 is not null and disabled_at is null;

-- What an ADT message suggests: somebody in an emergency department may need a peer. It is no referral, and whom it is
-- about is no participant. Who it is stands here sealed under a key of its own, while it is open and no longer.
create table referral.dispatch_suggestion (
  agency_id         uuid        not null,
  suggestion_id     uuid        not null,
  version           integer     not null,
  status            text        not null,
  partner_id        uuid        not null,
  client_id         text        not null,
  visit_digest      text        not null,   -- of the visit's number and the sender: stays, so that a visit is suggested once
  signs             text[]      not null,   -- in the words of the rules
  rules_version     integer     not null,
  suggested_at      timestamptz not null,
  expires_at        timestamptz not null,
  heard_at          timestamptz not null,
  discharged_at     timestamptz,
  data_key          bytea,
  content           bytea,
  decided_by        text,
  decided_at        timestamptz,
  dismissal         text,
  consent_situation text,
  referral_id       uuid,
  constraint dispatch_suggestion_pkey primary key (agency_id, suggestion_id),
  constraint dispatch_suggestion_visit_key unique (agency_id, partner_id, visit_digest),
  constraint dispatch_suggestion_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint dispatch_suggestion_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint dispatch_suggestion_status_known check (status in ('open', 'accepted', 'dismissed', 'expired')),
  constraint dispatch_suggestion_forgotten check (
    (status = 'open') = (content is not null) and (status = 'open') = (data_key is not null)),
  constraint dispatch_suggestion_dismissal_known check (
    dismissal in ('not-an-overdose', 'declined', 'left', 'died', 'referred-already', 'other')),
  constraint dispatch_suggestion_situation_known check (consent_situation in ('agreed', 'to-be-asked')),
  constraint dispatch_suggestion_decided_whole check (
    (status in ('accepted', 'dismissed')) = (decided_by is not null)
    and (decided_by is null) = (decided_at is null)
    and (status = 'dismissed') = (dismissal is not null)
    and (status = 'accepted') = (consent_situation is not null)
    and (status = 'accepted') = (referral_id is not null))
);
create index dispatch_suggestion_by_status on referral.dispatch_suggestion (agency_id, status, suggestion_id);
create index dispatch_suggestion_referral on referral.dispatch_suggestion (agency_id, referral_id)
  where referral_id is not null;
select handrail.protect_table('referral.dispatch_suggestion', 'referrals', 'select, insert, update');

-- What became of the cards that EHRs showed (CDS Hooks), counted by day: no card, no person, no words.
create table referral.hook_feedback (
  agency_id  uuid    not null,
  noted_on   date    not null,
  partner_id uuid    not null,
  service    text    not null,
  outcome    text    not null,
  reason     text    not null,   -- empty where there is none
  times      integer not null,
  constraint hook_feedback_pkey primary key (agency_id, noted_on, partner_id, service, outcome, reason),
  constraint hook_feedback_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint hook_feedback_outcome_known check (outcome in ('accepted', 'overridden')),
  constraint hook_feedback_counts check (times > 0)
);
select handrail.protect_table('referral.hook_feedback', 'referrals', 'select, insert, update (times)');
