-- Services, open from nine to five on five days, and weekly meetings around 300 places, a few of which have most of them.
insert into referral.directory_feed (agency_id, feed_id, name, created_at)
values (':agency', gen_random_uuid(), 'seed', now());
insert into referral.directory_entry
  (agency_id, entry_id, feed_id, foreign_id, digest, shelf, cell, latitude, longitude, is_online, zone, opens, closes,
   tags, assured_at, document, changed_at)
select ':agency', gen_random_uuid(), feed.feed_id, made.n, '\x00', made.shelf,
  floor((made.latitude + 90) * 50)::integer * 18000 + floor((made.longitude + 180) * 50)::integer, made.latitude,
  made.longitude, made.n % 5 = 0, 'America/New_York',
  case when made.shelf = 'service' then '{1980,3420,4860,6300,7740}'::integer[] else array[made.opens] end,
  case when made.shelf = 'service' then '{2460,3900,5340,6780,8220}'::integer[] else array[made.opens + 60] end,
  case when made.n % 3 = 0 then '{open,wheelchair}'::text[] else '{open}'::text[] end,
  now() - random() * interval '400 days',
  jsonb_build_object(
    'foreignID', made.n::text, 'kind', split_part(made.shelf, '/', 1), 'name', 'Entry ' || made.n, 'isInPerson', true,
    'isOnline', false, 'address', made.n || ' Main Street, Philadelphia, PA 19103',
    'hours', jsonb_build_array(jsonb_build_object('opens', made.opens, 'closes', made.opens + 60)),
    'tags', '["open"]'::jsonb, 'notes', 'Enter from the parking lot, ring twice.'),
  now()
from referral.directory_feed as feed
cross join lateral (
  select n, (n * 37 % 168) * 60 as opens,
    case
      when n <= :services then 'service'
      when n % 10 < 6 then 'meeting/aa'
      when n % 10 < 9 then 'meeting/na'
      else 'meeting/smart'
    end as shelf,
    26 + city * 7919 % 2200 / 100.0 + random_normal.a as latitude,
    -123 + city * 104729 % 5500 / 100.0 + random_normal.b as longitude
  from generate_series(1, :services + :meetings) as n
  cross join lateral (select floor(300 * power(random(), 2) + 0 * n)::integer as city) as place
  cross join lateral (
    select 0.1 + 0.12 * sqrt(-2 * ln(random() + 1e-9 + 0 * n)) * cos(6.2832 * random()) as a,
      0.1 + 0.12 * sqrt(-2 * ln(random() + 1e-9 + 0 * n)) * cos(6.2832 * random()) as b
  ) as random_normal
) as made
where feed.agency_id = ':agency' and feed.name = 'seed';
vacuum analyze referral.directory_entry;
