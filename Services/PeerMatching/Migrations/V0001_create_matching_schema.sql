-- The schema of peer-matching: peers, shifts, excluded pairs, the matches of referrals with peers, and how each was
-- found. No identity of a participant is in it; a peer has the name used at work, nothing more.

select handrail.create_service_schema('matching', 'peer_matching');

create table matching.peer (
    agency_id uuid not null,
    peer_id uuid not null,
    display_name text not null,
    status text not null,
    gender text,
    supports_medication_on date,
    recovery_since_on date,
    out_of_justice_since_on date,
    caseload_cap integer not null,
    caseload integer not null default 0,
    weighted_load integer not null default 0,
    paused_until timestamptz,
    last_assigned_at timestamptz,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint peer_pkey primary key (agency_id, peer_id),
    constraint peer_agency_fkey foreign key (agency_id) references handrail.agency (agency_id),
    constraint peer_display_name_check check (length(display_name) between 1 and 80),
    constraint peer_status_check check (status in ('active', 'on-leave', 'left')),
    constraint peer_caseload_check check (caseload >= 0 and weighted_load >= 0),
    -- Two acceptances at once cannot both take the last place: the second is refused by this.
    constraint peer_caseload_within_cap check (caseload <= caseload_cap)
);
select handrail.protect_table('matching.peer', 'peer_matching', 'select, insert, update');

create table matching.peer_language (
    agency_id uuid not null,
    peer_id uuid not null,
    position smallint not null,
    language text not null,
    constraint peer_language_pkey primary key (agency_id, peer_id, language),
    constraint peer_language_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint peer_language_tag_check check (language ~ '^[a-z]{2,8}(-[a-z0-9]{1,8})*$')
);
select handrail.protect_table('matching.peer_language', 'peer_matching', 'select, insert, delete');

create table matching.peer_area (
    agency_id uuid not null,
    peer_id uuid not null,
    -- 0 is home.
    position smallint not null,
    area text not null,
    constraint peer_area_pkey primary key (agency_id, peer_id, area),
    constraint peer_area_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id)
);
select handrail.protect_table('matching.peer_area', 'peer_matching', 'select, insert, delete');

create table matching.peer_scene_opt_out (
    agency_id uuid not null,
    peer_id uuid not null,
    scene text not null,
    constraint peer_scene_opt_out_pkey primary key (agency_id, peer_id, scene),
    constraint peer_scene_opt_out_peer_fkey foreign key (agency_id, peer_id)
        references matching.peer (agency_id, peer_id)
);
select handrail.protect_table('matching.peer_scene_opt_out', 'peer_matching', 'select, insert, delete');

-- What a peer chose to share. A disclosure that is taken back is deleted, not marked.
create table matching.peer_attribute (
    agency_id uuid not null,
    peer_id uuid not null,
    kind text not null,
    value text not null,
    source text not null,
    consented_on date not null,
    may_be_named boolean not null,
    constraint peer_attribute_pkey primary key (agency_id, peer_id, kind, value),
    constraint peer_attribute_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    -- A closed list: race and ethnicity are not in it.
    constraint peer_attribute_kind_check check (
        kind in ('life-stage', 'recovery-pathway', 'justice', 'substance', 'veteran', 'lgbtq', 'parent')
    ),
    constraint peer_attribute_source_check check (source in ('peer', 'application', 'supervisor-with-peer'))
);
select handrail.protect_table('matching.peer_attribute', 'peer_matching', 'select, insert, delete');

create table matching.peer_credential (
    agency_id uuid not null,
    peer_id uuid not null,
    kind text not null,
    issuer text not null,
    number text,
    issued_on date not null,
    expires_on date,
    verified_by text,
    constraint peer_credential_pkey primary key (agency_id, peer_id, kind, issuer),
    constraint peer_credential_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint peer_credential_expiry_check check (expires_on >= issued_on)
);
select handrail.protect_table('matching.peer_credential', 'peer_matching', 'select, insert, delete');

create table matching.shift (
    agency_id uuid not null,
    shift_id uuid not null,
    peer_id uuid not null,
    line text not null,
    call_order smallint not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    created_at timestamptz not null,
    constraint shift_pkey primary key (agency_id, shift_id),
    constraint shift_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint shift_time_check check (starts_at < ends_at and ends_at <= starts_at + interval '24 hours'),
    constraint shift_call_order_check check (call_order between 1 and 20),
    constraint shift_peer_once exclude using gist (
        agency_id with =, peer_id with =, tstzrange(starts_at, ends_at) with &&
    ),
    constraint shift_place_once exclude using gist (
        agency_id with =, line with =, call_order with =, tstzrange(starts_at, ends_at) with &&
    )
);
-- A shift lasts a day at most, so whoever is on call began within the last day: a short range of this index.
create index shift_line_start on matching.shift (agency_id, line, starts_at);
create index shift_peer_start on matching.shift (agency_id, peer_id, starts_at);
select handrail.protect_table('matching.shift', 'peer_matching', 'select, insert, update, delete');

create table matching.excluded_pair (
    agency_id uuid not null,
    peer_id uuid not null,
    participant_id uuid not null,
    reason text not null,
    expires_at timestamptz,
    created_by text not null,
    created_at timestamptz not null,
    constraint excluded_pair_pkey primary key (agency_id, participant_id, peer_id),
    constraint excluded_pair_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint excluded_pair_reason_check check (
        reason in (
            'family', 'partner', 'sponsorship', 'same-residence', 'offence-together', 'employment', 'same-home-group',
            'complaint', 'no-contact-order', 'peer-wish', 'participant-wish'
        )
    )
);
create index excluded_pair_peer on matching.excluded_pair (agency_id, peer_id);
select handrail.protect_table('matching.excluded_pair', 'peer_matching', 'select, insert, update');

-- An agency's own rules; without a row the data file that comes with the program applies.
create table matching.policy (
    agency_id uuid not null,
    version integer not null,
    rules jsonb not null,
    created_by text not null,
    created_at timestamptz not null,
    constraint policy_pkey primary key (agency_id, version),
    constraint policy_agency_fkey foreign key (agency_id) references handrail.agency (agency_id),
    constraint policy_version_check check (version > 1)
);
select handrail.protect_table('matching.policy', 'peer_matching', 'select, insert');

-- What the place of an organisation that refers asks of a peer.
create table matching.site (
    agency_id uuid not null,
    partner_id uuid not null,
    area text,
    credentials text[] not null,
    version integer not null,
    constraint site_pkey primary key (agency_id, partner_id)
);
select handrail.protect_table('matching.site', 'peer_matching', 'select, insert, update');

create table matching.match (
    agency_id uuid not null,
    match_id uuid not null,
    participant_id uuid not null,
    kind text not null,
    status text not null,
    round smallint not null,
    peer_id uuid,
    outcome text,
    opened_at timestamptz not null,
    dispatched_at timestamptz,
    accepted_at timestamptz,
    arrived_at timestamptz,
    overdue_at timestamptz,
    ended_at timestamptz,
    -- What the participant asked for or said, beyond what the referral carries.
    traits jsonb not null,
    version integer not null,
    constraint match_pkey primary key (agency_id, match_id),
    constraint match_agency_fkey foreign key (agency_id) references handrail.agency (agency_id),
    constraint match_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint match_kind_check check (kind in ('dispatch', 'proposal')),
    constraint match_status_check check (
        status in ('offered', 'acknowledged', 'arrived', 'ended', 'proposed', 'chosen', 'cancelled')
    ),
    constraint match_outcome_check check (
        outcome in ('seen-accepted', 'seen-declined', 'left-before-arrival', 'unable', 'died', 'refused-contact')
    ),
    constraint match_ended_check check ((status = 'ended') = (outcome is not null)),
    constraint match_peer_check check (
        peer_id is not null or status in ('offered', 'proposed', 'cancelled')
    )
);
-- Two referrals of one person at once give one dispatch: the second insert waits for the first and then links to it.
create unique index match_one_open_per_participant on matching.match (agency_id, participant_id)
    where status in ('offered', 'acknowledged', 'arrived', 'proposed');
create index match_status_opened on matching.match (agency_id, status, opened_at, match_id);
create index match_peer_opened on matching.match (agency_id, peer_id, opened_at, match_id);
create index match_opened on matching.match (agency_id, opened_at, match_id);
select handrail.protect_table('matching.match', 'peer_matching', 'select, insert, update');

-- What matching knows of a referral, from its messages.
create table matching.referral (
    agency_id uuid not null,
    referral_id uuid not null,
    participant_id uuid not null,
    match_id uuid,
    status text not null,
    setting text not null,
    priority text not null,
    programme text not null,
    partner_id uuid,
    languages text[] not null,
    peer_gender_wish text,
    takes_medication boolean,
    received_at timestamptz not null,
    accepted_at timestamptz not null,
    joined_at timestamptz,
    version integer not null,
    constraint referral_pkey primary key (agency_id, referral_id),
    constraint referral_match_fkey foreign key (agency_id, match_id) references matching.match (agency_id, match_id),
    constraint referral_status_check check (status in ('accepted', 'cancelled', 'closed'))
);
create index referral_match on matching.referral (agency_id, match_id, joined_at);
create index referral_participant on matching.referral (agency_id, participant_id);
select handrail.protect_table('matching.referral', 'peer_matching', 'select, insert, update');

create table matching.offer (
    agency_id uuid not null,
    match_id uuid not null,
    peer_id uuid not null,
    round smallint not null,
    status text not null,
    offered_at timestamptz not null,
    answered_at timestamptz,
    decline_reason text,
    constraint offer_pkey primary key (agency_id, match_id, peer_id),
    constraint offer_match_fkey foreign key (agency_id, match_id) references matching.match (agency_id, match_id),
    constraint offer_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint offer_status_check check (status in ('open', 'accepted', 'declined', 'withdrawn')),
    constraint offer_answered_check check ((status = 'open') = (answered_at is null))
);
-- One bedside at a time: nobody is asked for two dispatches at once.
create unique index offer_one_open_per_peer on matching.offer (agency_id, peer_id) where status = 'open';
create index offer_peer on matching.offer (agency_id, peer_id, offered_at);
select handrail.protect_table('matching.offer', 'peer_matching', 'select, insert, update');

-- A ranking with all that it was computed from, so that it can be computed again.
create table matching.ranking (
    agency_id uuid not null,
    match_id uuid not null,
    number integer not null,
    kind text not null,
    policy_version integer not null,
    policy jsonb not null,
    need jsonb not null,
    candidates jsonb not null,
    ranked_at timestamptz not null,
    constraint ranking_pkey primary key (agency_id, match_id, number),
    constraint ranking_match_fkey foreign key (agency_id, match_id) references matching.match (agency_id, match_id)
);
select handrail.protect_table('matching.ranking', 'peer_matching', 'select, insert');

create table matching.ranked_peer (
    agency_id uuid not null,
    match_id uuid not null,
    number integer not null,
    peer_id uuid not null,
    -- 1 is the best; null for a peer who is not eligible.
    place integer,
    wishes_met integer not null,
    score integer not null,
    reasons jsonb not null,
    grounds text[] not null,
    constraint ranked_peer_pkey primary key (agency_id, match_id, number, peer_id),
    constraint ranked_peer_ranking_fkey foreign key (agency_id, match_id, number)
        references matching.ranking (agency_id, match_id, number),
    constraint ranked_peer_place_check check ((place is null) = (cardinality(grounds) > 0))
);
select handrail.protect_table('matching.ranked_peer', 'peer_matching', 'select, insert');

-- Who supports whom now: each open row is one of the peer's caseload.
create table matching.assignment (
    agency_id uuid not null,
    assignment_id uuid not null,
    peer_id uuid not null,
    participant_id uuid not null,
    match_id uuid not null,
    weight smallint not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint assignment_pkey primary key (agency_id, assignment_id),
    constraint assignment_peer_fkey foreign key (agency_id, peer_id) references matching.peer (agency_id, peer_id),
    constraint assignment_match_fkey foreign key (agency_id, match_id) references matching.match (agency_id, match_id),
    constraint assignment_weight_check check (weight between 1 and 10)
);
create unique index assignment_one_open_per_pair on matching.assignment (agency_id, participant_id, peer_id)
    where closed_at is null;
create index assignment_peer on matching.assignment (agency_id, peer_id, opened_at);
select handrail.protect_table('matching.assignment', 'peer_matching', 'select, insert, update');

-- A peer in one row, as the program reads one. It sees what its reader may see, nothing more.
create view matching.whole_peer with (security_invoker = true) as
select
    peer.agency_id,
    peer.peer_id,
    peer.display_name,
    peer.status,
    peer.gender,
    peer.supports_medication_on,
    peer.recovery_since_on,
    peer.out_of_justice_since_on,
    peer.caseload_cap,
    peer.caseload,
    peer.weighted_load,
    peer.paused_until,
    peer.last_assigned_at,
    peer.version,
    array(
        select language
        from matching.peer_language
        where peer_language.agency_id = peer.agency_id and peer_language.peer_id = peer.peer_id
        order by position
    ) as languages,
    array(
        select area
        from matching.peer_area
        where peer_area.agency_id = peer.agency_id and peer_area.peer_id = peer.peer_id
        order by position
    ) as areas,
    array(
        select scene
        from matching.peer_scene_opt_out
        where peer_scene_opt_out.agency_id = peer.agency_id and peer_scene_opt_out.peer_id = peer.peer_id
        order by scene
    ) as scene_opt_outs,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'kind', kind, 'value', value, 'source', source, 'consentedOn', consented_on,
                        'mayBeNamed', may_be_named
                    )
                    order by kind, value
                ),
                '[]'
            )
        from matching.peer_attribute
        where peer_attribute.agency_id = peer.agency_id and peer_attribute.peer_id = peer.peer_id
    ) as disclosures,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'kind', kind, 'issuer', issuer, 'number', number, 'issuedOn', issued_on,
                        'expiresOn', expires_on, 'verifiedBy', verified_by
                    )
                    order by kind, issuer
                ),
                '[]'
            )
        from matching.peer_credential
        where peer_credential.agency_id = peer.agency_id and peer_credential.peer_id = peer.peer_id
    ) as credentials
from matching.peer;
grant select on matching.whole_peer to peer_matching;
