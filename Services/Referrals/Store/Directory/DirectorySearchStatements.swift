internal import Postgres

extension Statement {
    /// What is within a circle, the best first: the rank is the distance lengthened by the listing's age, as
    /// `Assurance.rank` says. The cells come by ranges of their numbers, shelf by shelf, so that a rare fellowship is not
    /// looked for among all meetings of a city. Where hours of the week are given, only what begins in them is looked at, and
    /// the ranges are of regions.
    ///
    /// Minutes of the week are counted from the Sunday before 1970-01-01, a Thursday. Most entries have one time in the week:
    /// it is looked at first, because unfolding an array for each of a city's meetings took most of the time. What time it is
    /// where the asker is, is asked once; only a listing in another zone is asked by itself.
    static let findDirectoryNear = Statement(
        "directory_entry.find_near",
        """
        select near.entry_id, near.km, near.rank
        from unnest($2::text[]) as wanted (shelf)
        cross join unnest($3::integer[], $4::integer[]) as span (first, last)
        cross join lateral (
          select entry.entry_id, place.km,
            (place.km + 0.5) * case
              when entry.assured_at is null then 2
              else 2 - power(0.5::float8, least(100, greatest(0,
                date_part('epoch', $8::timestamptz - entry.assured_at) / 15552000)))
            end as rank
          from (
            select entry_id, latitude, longitude, assured_at, is_online, zone, opens, closes, tags, minimum_age,
              maximum_age, open_places
            from referral.directory_entry
            where $18::smallint[] is null
              and agency_id = $1
              and shelf = wanted.shelf
              and cell >= span.first
              and cell <= span.last
              and gone_at is null
            union all
            select timed.entry_id, timed.latitude, timed.longitude, timed.assured_at, timed.is_online, timed.zone,
              timed.opens, timed.closes, timed.tags, timed.minimum_age, timed.maximum_age, timed.open_places
            from unnest($18::smallint[]) as start (hour)
            join referral.directory_entry as timed
              on timed.agency_id = $1
              and timed.shelf = wanted.shelf
              and timed.starts = start.hour
              and timed.region >= span.first
              and timed.region <= span.last
              and timed.gone_at is null
              and timed.cell is not null
          ) as entry
          cross join lateral (
            select 12742.0176 * asin(least(1, sqrt(
              power(sin(radians(entry.latitude - $5) / 2), 2)
              + cos(radians($5)) * cos(radians(entry.latitude))
                * power(sin(radians(entry.longitude - $6) / 2), 2)))) as km
          ) as place
          where entry.tags @> $10
            and ($11::integer is null
              or (coalesce(entry.minimum_age, 0) <= $11 and coalesce(entry.maximum_age, 999) >= $11))
            and (not $12::boolean or entry.is_online)
            and (not $14::boolean or entry.open_places > 0)
            and ($13::integer is null or exists (
              select
              from (
                select case
                  when entry.zone is null or entry.zone = $9 then (
                    select (floor(date_part('epoch', $8::timestamptz at time zone $9) / 60)::bigint
                      + 5760) % 10080 + 20160
                  )
                  else (floor(date_part('epoch', $8::timestamptz at time zone entry.zone) / 60)::bigint
                    + 5760) % 10080 + 20160
                end as minute
              ) as now
              where (now.minute - entry.opens[1]) % 10080 < entry.closes[1] - entry.opens[1]
                or (entry.opens[1] - now.minute + 30240) % 10080 <= $13
                or (cardinality(entry.opens) > 1 and exists (
                  select
                  from unnest(entry.opens, entry.closes) as slot (opens, closes)
                  where (now.minute - slot.opens) % 10080 < slot.closes - slot.opens
                    or (slot.opens - now.minute + 30240) % 10080 <= $13))))
        ) as near
        where near.km <= $7
          and ($15::float8 is null or (near.rank, near.entry_id) > ($15, $16::uuid))
        order by near.rank, near.entry_id
        limit $17
        """
    )

    /// In which hours of the week something begins that is open now, or opens within so many minutes, and lasts at most two
    /// hours: in the asker's zone, and in each that the directory has. And -1, where an entry's hours have to be looked at.
    static let startHours = Statement(
        "directory_entry.start_hours",
        """
        with recursive listed as (
          (
            select zone
            from referral.directory_entry
            where agency_id = $1 and zone > '' and zone is not null and gone_at is null
            order by zone
            limit 1
          )
          union all
          select (
            select next.zone
            from referral.directory_entry as next
            where next.agency_id = $1 and next.zone > listed.zone and next.zone is not null and next.gone_at is null
            order by next.zone
            limit 1
          )
          from listed
          where listed.zone is not null
        )
        select array_agg(distinct begun.hour) || -1::smallint
        from (
          select zone from listed where zone is not null
          union all
          select $3::text
        ) as known
        cross join lateral (
          select (floor(date_part('epoch', $2::timestamptz at time zone known.zone) / 60)::bigint
            + 5760) % 10080 + 10080 as minute
        ) as now
        cross join lateral (
          select (hour % 168)::smallint as hour
          from generate_series((now.minute - 120) / 60, (now.minute + $4::bigint) / 60) as hour
        ) as begun
        """
    )

    /// What can be joined from anywhere, in the order of the ids.
    static let findDirectoryOnline = Statement(
        "directory_entry.find_online",
        """
        select online.entry_id, null::float8 as km, 0::float8 as rank
        from unnest($2::text[]) as wanted (shelf)
        cross join lateral (
          select entry.entry_id
          from referral.directory_entry as entry
          where entry.agency_id = $1
            and entry.shelf = wanted.shelf
            and entry.entry_id > $8
            and entry.gone_at is null
            and entry.is_online
            and entry.tags @> $5
            and ($6::integer is null
              or (coalesce(entry.minimum_age, 0) <= $6 and coalesce(entry.maximum_age, 999) >= $6))
            and ($7::integer is null or exists (
              select
              from (
                select (floor(date_part('epoch', $3::timestamptz at time zone coalesce(entry.zone, $4)) / 60)::bigint
                  + 5760) % 10080 + 20160 as minute
              ) as now
              where (now.minute - entry.opens[1]) % 10080 < entry.closes[1] - entry.opens[1]
                or (entry.opens[1] - now.minute + 30240) % 10080 <= $7
                or (cardinality(entry.opens) > 1 and exists (
                  select
                  from unnest(entry.opens, entry.closes) as slot (opens, closes)
                  where (now.minute - slot.opens) % 10080 < slot.closes - slot.opens
                    or (slot.opens - now.minute + 30240) % 10080 <= $7))))
          order by entry.entry_id
          limit $9
        ) as online
        order by online.entry_id
        limit $9
        """
    )

    /// What was found, with all that is known of it and when it opens next, in the order of the ids that were asked for.
    static let readFoundEntries = Statement(
        "directory_entry.read_found",
        """
        select entry.entry_id, entry.assured_at, next.wait,
          (date_trunc('minute', here.at) + next.wait * interval '1 minute')
            at time zone coalesce(entry.zone, $4) as opens_at,
          exists (
            select
            from referral.directory_flag as flag
            where flag.agency_id = $1 and flag.entry_id = entry.entry_id and flag.settled_at is null
          ) as is_doubted,
          entry.document
        from unnest($2::uuid[]) with ordinality as found (entry_id, place)
        join referral.directory_entry as entry on entry.agency_id = $1 and entry.entry_id = found.entry_id
        cross join lateral (select $3::timestamptz at time zone coalesce(entry.zone, $4) as at) as here
        cross join lateral (
          select (date_part('dow', here.at) * 1440 + date_part('hour', here.at) * 60
            + date_part('minute', here.at))::integer as minute
        ) as now
        cross join lateral (
          select min(
            case
              when (now.minute - slot.opens + 10080) % 10080 < slot.closes - slot.opens then 0
              else (slot.opens - now.minute + 10080) % 10080
            end) as wait
          from unnest(entry.opens, entry.closes) as slot (opens, closes)
        ) as next
        order by found.place
        """
    )
}
