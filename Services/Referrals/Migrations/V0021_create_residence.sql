-- Recovery residences. What a search decides by are columns; all that is known of a house is the document. It holds nothing
-- about those who live there.
create table referral.residence (
  agency_id     uuid        not null,
  residence_id  uuid        not null,
  version       integer     not null,
  entry_id      uuid,                   -- the directory's entry of the same house
  type          text        not null,   -- a code of residences.json
  serves        text[]      not null,   -- the kinds of beds that it has
  weekly_cents  integer     not null,
  medications   text[]      not null,   -- 'methadone:yes', 'buprenorphine:ask'
  is_listed     boolean     not null,   -- whether it is found, and takes applications
  cell          integer,                -- of the grid, as the directory's; null where its position is not known
  latitude      float8,
  longitude     float8,
  document      jsonb       not null,
  confirmed_at  timestamptz not null,   -- when staff last said that the numbers of beds are right
  confirmed_by  text        not null,
  changed_at    timestamptz not null,
  changed_by    text        not null,
  constraint residence_pkey primary key (agency_id, residence_id),
  constraint residence_entry_fkey foreign key (agency_id, entry_id) references referral.directory_entry,
  constraint residence_version_positive check (version > 0),
  constraint residence_weekly_cents_not_negative check (weekly_cents >= 0),
  constraint residence_place_whole
    check ((latitude is null) = (longitude is null) and (cell is null) = (latitude is null))
);
create index residence_place on referral.residence (agency_id, cell, residence_id) where is_listed and cell is not null;
create index residence_entry on referral.residence (agency_id, entry_id) where entry_id is not null;
select handrail.protect_table('referral.residence', 'referrals', 'select, insert, update');

-- Beds of residences whose beds the agency keeps.
create table referral.bed (
  agency_id    uuid        not null,
  bed_id       uuid        not null,
  residence_id uuid        not null,
  version      integer     not null,
  label        text        not null,
  kind         text        not null,   -- whom it is for: 'women/single'
  service      text        not null,
  changed_at   timestamptz not null,
  constraint bed_pkey primary key (agency_id, bed_id),
  constraint bed_of_residence_key unique (agency_id, residence_id, bed_id),
  constraint bed_residence_fkey foreign key (agency_id, residence_id) references referral.residence,
  constraint bed_version_positive check (version > 0),
  constraint bed_label_length check (char_length(label) between 1 and 60),
  constraint bed_kind_known check (kind ~ '^(men|women|any)/(single|parent-with-children|family)$'),
  constraint bed_service_known check (service in ('in-service', 'out-of-service', 'removed'))
);
select handrail.protect_table('referral.bed', 'referrals', 'select, insert, update');

-- What a residence outside the agency says it has, as of residence.confirmed_at: there are no beds of it here.
create table referral.residence_count (
  agency_id    uuid    not null,
  residence_id uuid    not null,
  kind         text    not null,
  total        integer not null,
  open         integer not null,
  constraint residence_count_pkey primary key (agency_id, residence_id, kind),
  constraint residence_count_residence_fkey foreign key (agency_id, residence_id) references referral.residence,
  constraint residence_count_kind_known check (kind ~ '^(men|women|any)/(single|parent-with-children|family)$'),
  constraint residence_count_open_within_total check (open between 0 and total)
);
select handrail.protect_table('referral.residence_count', 'referrals', 'select, insert, delete');

-- Somebody's way into a residence and through it. Who lives where says that they are in recovery: participant ids only,
-- codes, and no words; the words are sealed in placement_transition.
create table referral.placement (
  agency_id         uuid        not null,
  placement_id      uuid        not null,
  version           integer     not null,
  participant_id    uuid        not null,
  residence_id      uuid        not null,
  status            text        not null,
  wish              text        not null,   -- for what kind of bed; the person's own gender stays sealed
  priority          text        not null,   -- a code of residences.json
  priority_rank     integer     not null,   -- its rank when it was given: a new file does not turn a list round
  applied_at        timestamptz not null,
  bed_id            uuid,                   -- the bed that they have, or had when they moved out: bed_stay says when
  held_until        timestamptz,            -- after this the bed may be given to another; null once moved in
  moved_in_at       timestamptz,
  moved_out_at      timestamptz,
  declined_by       text,
  reason            text,                   -- a code: why they moved out, or why it was declined
  next_place        text,
  next_residence_id uuid,
  changed_at        timestamptz not null,
  constraint placement_pkey primary key (agency_id, placement_id),
  constraint placement_participant_fkey foreign key (agency_id, participant_id) references referral.participant,
  constraint placement_residence_fkey foreign key (agency_id, residence_id) references referral.residence,
  constraint placement_next_residence_fkey
    foreign key (agency_id, next_residence_id) references referral.residence (agency_id, residence_id),
  constraint placement_bed_fkey
    foreign key (agency_id, residence_id, bed_id) references referral.bed (agency_id, residence_id, bed_id),
  constraint placement_version_positive check (version > 0),
  constraint placement_status_known check (status in
    ('applied', 'interviewed', 'accepted', 'moved-in', 'moved-out', 'declined', 'withdrawn')),
  constraint placement_wish_known check (wish ~ '^(men|women|any)/(single|parent-with-children|family)$'),
  constraint placement_bed_whole check (
    (bed_id is null or status in ('accepted', 'moved-in', 'moved-out'))
    and (held_until is not null) = (bed_id is not null and status = 'accepted')),
  constraint placement_stay_whole check (
    (moved_in_at is not null) = (status in ('moved-in', 'moved-out'))
    and (moved_out_at is not null) = (status = 'moved-out')
    and moved_in_at <= moved_out_at),
  constraint placement_declined_whole check ((declined_by is not null) = (status = 'declined')),
  constraint placement_declined_by_known check (declined_by in ('residence', 'participant')),
  constraint placement_reason_whole check ((reason is not null) = (status in ('moved-out', 'declined'))),
  constraint placement_next_whole check ((next_place is not null) = (status = 'moved-out')),
  -- Nobody lives in two places: PostgreSQL itself refuses it, however many processes write, also for times that are
  -- entered afterwards.
  constraint placement_participant_once exclude using gist (
    agency_id with =, participant_id with =, tstzrange(moved_in_at, moved_out_at) with &&) where (moved_in_at is not null)
);
-- Nobody waits twice for one house.
create unique index placement_once_at_a_time on referral.placement (agency_id, participant_id, residence_id)
  where status in ('applied', 'interviewed', 'accepted', 'moved-in');
create index placement_bed on referral.placement (agency_id, bed_id)
  where bed_id is not null and status in ('accepted', 'moved-in');
create index placement_participant on referral.placement (agency_id, participant_id, placement_id);
-- The waiting list in its order: applied, interviewed, or accepted and without a bed.
create index placement_waiting on referral.placement
  (agency_id, residence_id, priority_rank, applied_at, placement_id)
  where bed_id is null and status in ('applied', 'interviewed', 'accepted');
create index placement_residence on referral.placement (agency_id, residence_id, status, placement_id);
select handrail.protect_table('referral.placement', 'referrals', 'select, insert, update');

-- Who had which bed, and when: a row for each bed in which somebody slept, and for the one that is held for them. Whoever
-- changes beds leaves a row behind.
create table referral.bed_stay (
  agency_id    uuid        not null,
  placement_id uuid        not null,
  began_at     timestamptz not null,
  ended_at     timestamptz,               -- when the bed was free again; null while it is taken
  bed_id       uuid        not null,
  constraint bed_stay_pkey primary key (agency_id, placement_id, began_at),
  constraint bed_stay_placement_fkey foreign key (agency_id, placement_id) references referral.placement,
  constraint bed_stay_bed_fkey foreign key (agency_id, bed_id) references referral.bed,
  constraint bed_stay_ends_after check (began_at <= ended_at),
  -- Two can never have one bed at one time, also in times that are entered afterwards, and in beds that they left since.
  constraint bed_stay_once exclude using gist (
    agency_id with =, bed_id with =, tstzrange(began_at, ended_at) with &&)
);
select handrail.protect_table('referral.bed_stay', 'referrals', 'select, insert, delete');

-- Each change of a placement.
create table referral.placement_transition (
  agency_id    uuid        not null,
  placement_id uuid        not null,
  version      integer     not null,
  from_status  text,
  to_status    text        not null,
  bed_id       uuid,
  note         bytea,                   -- sealed with the participant's key
  actor        text        not null,
  at           timestamptz not null,
  constraint placement_transition_pkey primary key (agency_id, placement_id, version),
  constraint placement_transition_placement_fkey foreign key (agency_id, placement_id) references referral.placement
);
select handrail.protect_table('referral.placement_transition', 'referrals', 'select, insert');
