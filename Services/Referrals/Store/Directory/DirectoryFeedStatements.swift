internal import Postgres

extension Statement {
    static let lockDirectoryFeed = Statement(
        "directory_feed.lock",
        """
        insert into referral.directory_feed (agency_id, feed_id, name, created_at)
        values ($1, $2, $3, $4)
        on conflict (agency_id, name) do update
        set name = excluded.name
        returning feed_id
        """
    )

    static let listDirectoryFeeds = Statement(
        "directory_feed.list",
        """
        select feed.feed_id, feed.name, count(entry.entry_id) filter (where entry.gone_at is null)
        from referral.directory_feed as feed
        left join referral.directory_entry as entry
          on entry.agency_id = feed.agency_id and entry.feed_id = feed.feed_id
        where feed.agency_id = $1
        group by feed.feed_id, feed.name
        order by feed.name
        """
    )

    static let findDirectoryFeed = Statement(
        "directory_feed.find",
        """
        select feed_id
        from referral.directory_feed
        where agency_id = $1 and name = $2
        """
    )

    /// The server's own list: a name that it does not know would break every search near the entry.
    static let knownZones = Statement(
        "directory_feed.known_zones",
        """
        select name
        from pg_catalog.pg_timezone_names
        where name = any($1)
        """
    )

    static let listDirectoryDigests = Statement(
        "directory_entry.list_digests",
        """
        select foreign_id, digest, gone_at is not null
        from referral.directory_entry
        where agency_id = $1 and feed_id = $2
        """
    )

    /// What was assured here later than by the source stays so.
    static let putDirectoryEntries = Statement(
        "directory_entry.put",
        """
        insert into referral.directory_entry
          (agency_id, entry_id, feed_id, foreign_id, digest, shelf, cell, latitude, longitude, is_online, zone, opens,
           closes, tags, minimum_age, maximum_age, open_places, assured_at, document, changed_at)
        select $1, sent.entry_id, $2, sent.foreign_id, sent.digest, sent.shelf, sent.cell, sent.latitude,
          sent.longitude, sent.is_online, sent.zone, string_to_array(sent.opens, ',')::integer[],
          string_to_array(sent.closes, ',')::integer[], string_to_array(sent.tags, ' '), sent.minimum_age,
          sent.maximum_age, sent.open_places, sent.assured_at, sent.document, $3
        from unnest($4::uuid[], $5::text[], $6::bytea[], $7::text[], $8::integer[], $9::float8[], $10::float8[],
            $11::boolean[], $12::text[], $13::text[], $14::text[], $15::text[], $16::integer[], $17::integer[],
            $18::integer[], $19::timestamptz[], $20::jsonb[])
          as sent (entry_id, foreign_id, digest, shelf, cell, latitude, longitude, is_online, zone, opens, closes,
            tags, minimum_age, maximum_age, open_places, assured_at, document)
        on conflict (agency_id, feed_id, foreign_id) do update
        set digest = excluded.digest, shelf = excluded.shelf, cell = excluded.cell, latitude = excluded.latitude,
          longitude = excluded.longitude, is_online = excluded.is_online, zone = excluded.zone,
          opens = excluded.opens, closes = excluded.closes, tags = excluded.tags,
          minimum_age = excluded.minimum_age, maximum_age = excluded.maximum_age,
          open_places = excluded.open_places,
          assured_at = greatest(directory_entry.assured_at, excluded.assured_at), document = excluded.document,
          changed_at = excluded.changed_at, gone_at = null
        """
    )

    static let markDirectoryEntriesGone = Statement(
        "directory_entry.mark_gone",
        """
        update referral.directory_entry
        set gone_at = $3
        where agency_id = $1 and feed_id = $2 and foreign_id = any($4)
        """
    )

    static let insertDirectoryImport = Statement(
        "directory_import.insert",
        """
        insert into referral.directory_import
          (agency_id, import_id, feed_id, kind, digest, outcome, fault, taken, added, changed, unchanged, gone, refused,
           placeless, refusals, imported_at, imported_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """
    )

    static let heldDirectoryImport = Statement(
        "directory_import.held",
        """
        select digest
        from referral.directory_import
        where agency_id = $1 and import_id = $2 and feed_id = $3 and outcome = 'held'
        """
    )

    static let listDirectoryImports = Statement(
        "directory_import.list",
        """
        select import_id, kind, outcome, fault, taken, added, changed, unchanged, gone, refused, placeless,
          '[]'::jsonb as refusals, imported_at, imported_by
        from referral.directory_import
        where agency_id = $1 and feed_id = $2 and import_id < $3
        order by import_id desc
        limit $4
        """
    )

    static let readDirectoryImport = Statement(
        "directory_import.read",
        """
        select import_id, kind, outcome, fault, taken, added, changed, unchanged, gone, refused, placeless, refusals,
          imported_at, imported_by
        from referral.directory_import
        where agency_id = $1 and import_id = $2 and feed_id = $3
        """
    )
}
