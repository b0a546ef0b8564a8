-- Stretches of support. A referral that is accepted begins one, or joins one that is open; the other services know an
-- engagement by the id of the referral that began it.
create table referral.engagement (
  agency_id      uuid        not null,
  engagement_id  uuid        not null,
  version        integer     not null,   -- one more with each message about it
  participant_id uuid        not null,
  kind           text        not null,
  programme      text        not null,
  opened_at      timestamptz not null,
  settled_at     timestamptz,
  closed_at      timestamptz,
  peer_id        uuid,
  matched_at     timestamptz,
  constraint engagement_pkey primary key (agency_id, engagement_id),
  constraint engagement_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint engagement_kind_known check (kind in ('dispatch', 'proposal'))
);
-- One dispatch at a time: two hospitals that refer the same person at once send one peer.
create unique index engagement_one_dispatch_key on referral.engagement (agency_id, participant_id)
  where kind = 'dispatch' and settled_at is null and closed_at is null;
create index engagement_participant on referral.engagement (agency_id, participant_id, engagement_id);
select handrail.protect_table('referral.engagement', 'referrals', 'select, insert, update');

create table referral.referral (
  agency_id            uuid        not null,
  referral_id          uuid        not null,
  version              integer     not null,
  participant_id       uuid        not null,
  engagement_id        uuid,
  partner_id           uuid,
  client_id            text,
  setting              text        not null,
  priority             text        not null,
  programme            text        not null,
  languages            text[]      not null,
  peer_gender_wish     text,
  takes_medication     boolean,
  callback             bytea,                 -- sealed: a number or a desk, in the sender's words
  status               text        not null,
  business_status      text        not null,
  status_reason        bytea,                 -- sealed: free text
  cancelled_by_sender  boolean     not null,
  closing_reason       text,
  received_at          timestamptz not null,
  accepted_at          timestamptz,
  closed_at            timestamptz,
  changed_at           timestamptz not null,
  business_changed_at  timestamptz not null,
  -- What the sender was last shown, under the consent of that moment; its version moves only when this moves.
  shown_version        integer     not null,
  shown_status         text        not null,
  shown_business       text        not null,
  shown_at             timestamptz not null,
  constraint referral_pkey primary key (agency_id, referral_id),
  constraint referral_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint referral_engagement_fkey foreign key (agency_id, engagement_id) references referral.engagement,
  constraint referral_partner_fkey foreign key (agency_id, partner_id) references referral.partner,
  constraint referral_version_positive check (version > 0 and shown_version > 0),
  constraint referral_priority_known check (priority in ('routine', 'urgent', 'asap', 'stat')),
  constraint referral_status_known check (status in
    ('draft', 'requested', 'accepted', 'rejected', 'cancelled', 'in-progress', 'on-hold', 'failed', 'completed',
     'entered-in-error')),
  constraint referral_business_status_known check (business_status in
    ('2.0', '3.0', '4.0', '5.1', '5.1.1', '5.1.2', '5.1.3', '5.1.4', '5.2', '6.0', '7.0')),
  constraint referral_closing_reason_known check (closing_reason in
    ('need-met', 'need-partly-met', 'declined', 'not-reached', 'died', 'moved', 'not-eligible', 'referred-on')),
  constraint referral_open_has_engagement
    check (status not in ('accepted', 'in-progress', 'on-hold', 'completed', 'failed') or engagement_id is not null),
  constraint referral_reason_given
    check (status not in ('rejected', 'cancelled', 'on-hold', 'failed') or status_reason is not null)
);
create index referral_by_status on referral.referral (agency_id, status, referral_id);
create index referral_by_participant on referral.referral (agency_id, participant_id, referral_id);
create index referral_by_engagement on referral.referral (agency_id, engagement_id) where engagement_id is not null;
create index referral_by_partner on referral.referral (agency_id, partner_id, referral_id) where partner_id is not null;
create index referral_shown on referral.referral (agency_id, partner_id, shown_at, referral_id)
  where partner_id is not null;
select handrail.protect_table('referral.referral', 'referrals', 'select, insert, update');

-- What a sender calls the referral, as a keyed digest: the same order number twice is the same referral.
create table referral.placer_index (
  agency_id   uuid     not null,
  client_id   text     not null,
  key_version smallint not null,
  hmac        text     not null,
  referral_id uuid     not null,
  constraint placer_index_pkey primary key (agency_id, client_id, key_version, hmac),
  constraint placer_index_referral_fkey foreign key (agency_id, referral_id) references referral.referral
);
create index placer_index_referral on referral.placer_index (agency_id, referral_id);
select handrail.protect_table('referral.placer_index', 'referrals', 'select, insert');

-- Each change of a referral: which, by whom, when, why.
create table referral.referral_transition (
  agency_id       uuid        not null,
  referral_id     uuid        not null,
  version         integer     not null,
  from_status     text,
  to_status       text        not null,
  business_status text        not null,
  reason          bytea,      -- sealed
  party           text        not null,
  actor           text        not null,
  at              timestamptz not null,
  constraint referral_transition_pkey primary key (agency_id, referral_id, version),
  constraint referral_transition_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint referral_transition_party_known check (party in ('requester', 'performer'))
);
select handrail.protect_table('referral.referral_transition', 'referrals', 'select, insert');

-- What a partner sent, whole and sealed, so that extensions, contained resources and decimals survive.
create table referral.received_resource (
  agency_id      uuid        not null,
  partner_id     uuid        not null,
  kind           text        not null,   -- the FHIR resource type
  alias_id       uuid        not null,   -- the id under which the partner reads it again
  referral_id    uuid        not null,
  participant_id uuid        not null,   -- whose data key seals it
  version        integer     not null,
  content        bytea       not null,   -- sealed
  received_at    timestamptz not null,
  constraint received_resource_pkey primary key (agency_id, partner_id, kind, alias_id),
  constraint received_resource_referral_fkey foreign key (agency_id, referral_id) references referral.referral,
  constraint received_resource_participant_fkey
    foreign key (agency_id, participant_id) references referral.participant,
  constraint received_resource_version_positive check (version > 0)
);
create index received_resource_referral on referral.received_resource (agency_id, referral_id, kind);
create index received_resource_participant on referral.received_resource (agency_id, participant_id);
select handrail.protect_table('referral.received_resource', 'referrals', 'select, insert, update');
