internal import Postgres

extension Statement {
    /// What is within a circle, the best first: the rank is the distance lengthened by the listing's age, as
    /// `Assurance.rank` says. The cells come by ranges of their numbers, shelf by shelf, so that a rare fellowship is not
    /// looked for among all meetings of a city.
    ///
    /// Minutes of the week are counted from the Sunday before 1970-01-01, a Thursday. Most entries have one time in the week:
    /// it is looked at first, because unfolding an array for each of a city's meetings took most of the time. What time it is
    /// where the asker is, is asked once; only a listing in another zone is asked by itself.
    ///
    /// The order of the inner query keeps the planner from turning it round: it would read the whole table once and hold each
    /// row against the ranges.
    static let searchDirectoryNear = Statement(
        "directory_entry.search_near",
        """
        with found as (
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
            from referral.directory_entry as entry
            cross join lateral (
              select 12742.0176 * asin(least(1, sqrt(
                power(sin(radians(entry.latitude - $5) / 2), 2)
                + cos(radians($5)) * cos(radians(entry.latitude))
                  * power(sin(radians(entry.longitude - $6) / 2), 2)))) as km
            ) as place
            where entry.agency_id = $1
              and entry.shelf = wanted.shelf
              and entry.cell >= span.first
              and entry.cell <= span.last
              and entry.gone_at is null
              and entry.tags @> $10
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
            order by entry.cell
          ) as near
          where near.km <= $7
            and ($15::float8 is null or (near.rank, near.entry_id) > ($15, $16::uuid))
          order by near.rank, near.entry_id
          limit $17
        )
        select entry.entry_id, found.km, found.rank, entry.assured_at, next.wait,
          (date_trunc('minute', here.at) + next.wait * interval '1 minute')
            at time zone coalesce(entry.zone, $9) as opens_at,
          exists (
            select
            from referral.directory_flag as flag
            where flag.agency_id = $1 and flag.entry_id = entry.entry_id and flag.settled_at is null
          ) as is_doubted,
          entry.document
        from found
        join referral.directory_entry as entry on entry.agency_id = $1 and entry.entry_id = found.entry_id
        cross join lateral (select $8::timestamptz at time zone coalesce(entry.zone, $9) as at) as here
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
        order by found.rank, found.entry_id
        """
    )

    /// What can be joined from anywhere, in the order of the ids.
    static let searchDirectoryOnline = Statement(
        "directory_entry.search_online",
        """
        with found as (
          select online.entry_id
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
        )
        select entry.entry_id, null::float8 as km, 0::float8 as rank, entry.assured_at, next.wait,
          (date_trunc('minute', here.at) + next.wait * interval '1 minute')
            at time zone coalesce(entry.zone, $4) as opens_at,
          exists (
            select
            from referral.directory_flag as flag
            where flag.agency_id = $1 and flag.entry_id = entry.entry_id and flag.settled_at is null
          ) as is_doubted,
          entry.document
        from found
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
        order by entry.entry_id
        """
    )
}
