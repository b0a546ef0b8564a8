-- What is open now is rare in a city of thousands of weekly meetings: it is found by the hour of the week in which it
-- begins, in larger cells. Both are made by PostgreSQL, so that whoever writes an entry cannot forget them.
--
-- starts: the hour, in its own zone, of the one time in the week that most meetings have; -1 where the hours have to be
-- looked at: several times, longer ones than two hours, none that is known.
alter table referral.directory_entry
  add column starts smallint not null generated always as (
    case when cardinality(opens) = 1 and closes[1] - opens[1] <= 120 then (opens[1] / 60)::smallint else -1::smallint end
  ) stored,
  add column region integer generated always as (cell / 18000 / 10 * 1800 + cell % 18000 / 10) stored;

create index directory_entry_soon on referral.directory_entry (agency_id, shelf, starts, region)
  include (entry_id, latitude, longitude, assured_at, is_online, zone, opens, closes, tags, minimum_age, maximum_age,
    open_places)
  where gone_at is null and cell is not null;

-- Which zones there are, without looking at more than one entry of each.
create index directory_entry_zone on referral.directory_entry (agency_id, zone) where gone_at is null and zone is not null;
