-- The directory of community resources. It holds nothing about people; each agency has its own.
create table referral.directory_feed (
  agency_id  uuid        not null,
  feed_id    uuid        not null,
  name       text        not null,
  created_at timestamptz not null,
  constraint directory_feed_pkey primary key (agency_id, feed_id),
  constraint directory_feed_name_key unique (agency_id, name),
  constraint directory_feed_name_is_code check (name ~ '^[a-z0-9-]{1,40}$')
);
-- The name is written again to hold the row: of one feed's imports one goes after the other.
select handrail.protect_table('referral.directory_feed', 'referrals', 'select, insert, update (name)');

-- What became of each feed that was sent: the report.
create table referral.directory_import (
  agency_id   uuid        not null,
  import_id   uuid        not null,
  feed_id     uuid        not null,
  kind        text        not null,
  digest      bytea       not null,   -- of what was sent, so that an approval holds for that and nothing else
  outcome     text        not null,
  fault       text,
  taken       integer     not null,
  added       integer     not null,
  changed     integer     not null,
  unchanged   integer     not null,
  gone        integer     not null,
  refused     integer     not null,
  placeless   integer     not null,   -- taken, but nobody can be sent there: no position
  refusals    jsonb       not null,   -- the first thousand, with their reasons
  imported_at timestamptz not null,
  imported_by text        not null,
  constraint directory_import_pkey primary key (agency_id, import_id),
  constraint directory_import_feed_fkey foreign key (agency_id, feed_id) references referral.directory_feed,
  constraint directory_import_outcome_known check (outcome in ('applied', 'held', 'refused')),
  constraint directory_import_refused_says_why check ((outcome = 'applied') = (fault is null))
);
create index directory_import_of_feed on referral.directory_import (agency_id, feed_id, import_id);
select handrail.protect_table('referral.directory_import', 'referrals', 'select, insert');

create table referral.directory_entry (
  agency_id    uuid        not null,
  entry_id     uuid        not null,
  feed_id      uuid        not null,
  foreign_id   text        not null,
  digest       bytea       not null,   -- of the document: what is the same is not written again
  shelf        text        not null,   -- 'service', 'meeting/na': what is looked through together
  cell         integer,                -- of the grid; null where nobody can go there
  latitude     float8,
  longitude    float8,
  is_online    boolean     not null,
  zone         text,
  opens        integer[]   not null,   -- minutes since Sunday 00:00 in the zone, in pairs with closes
  closes       integer[]   not null,
  tags         text[]      not null,
  minimum_age  integer,
  maximum_age  integer,
  open_places  integer,
  assured_at   timestamptz,
  document     jsonb       not null,
  changed_at   timestamptz not null,
  gone_at      timestamptz,            -- the feed no longer has it; it is kept, because somebody was told of it
  constraint directory_entry_pkey primary key (agency_id, entry_id),
  constraint directory_entry_foreign_key unique (agency_id, feed_id, foreign_id),
  constraint directory_entry_feed_fkey foreign key (agency_id, feed_id) references referral.directory_feed,
  constraint directory_entry_hours_paired check (cardinality(opens) = cardinality(closes)),
  constraint directory_entry_place_whole
    check ((latitude is null) = (longitude is null) and (cell is null or latitude is not null))
);
-- With all that a search decides by: the rows of a city lie all over the table, and reading each of them took several times
-- as long as its place in the index. What may be long is cut when it is read (FeedReading).
create index directory_entry_place on referral.directory_entry (agency_id, shelf, cell)
  include (entry_id, latitude, longitude, assured_at, is_online, zone, opens, closes, tags, minimum_age, maximum_age,
    open_places)
  where gone_at is null and cell is not null;
create index directory_entry_shelf on referral.directory_entry (agency_id, shelf, entry_id) where gone_at is null;
create index directory_entry_online on referral.directory_entry (agency_id, shelf, entry_id)
  where gone_at is null and is_online;
select handrail.protect_table('referral.directory_entry', 'referrals', 'select, insert, update');

-- What people say is wrong with an entry, by reason; not who said it.
create table referral.directory_flag (
  agency_id  uuid        not null,
  entry_id   uuid        not null,
  reason     text        not null,
  times      integer     not null,
  first_at   timestamptz not null,
  last_at    timestamptz not null,
  settled_at timestamptz,
  settled_by text,
  constraint directory_flag_pkey primary key (agency_id, entry_id, reason),
  constraint directory_flag_entry_fkey foreign key (agency_id, entry_id) references referral.directory_entry,
  constraint directory_flag_reason_known check (reason in
    ('wrong-time', 'wrong-place', 'wrong-number', 'closed', 'full', 'refused-medication', 'other')),
  constraint directory_flag_settled_whole check ((settled_at is null) = (settled_by is null))
);
create index directory_flag_open on referral.directory_flag (agency_id, entry_id, reason) where settled_at is null;
select handrail.protect_table('referral.directory_flag', 'referrals', 'select, insert, update');
