internal import Postgres

extension Statement {
    static let insertResidence = Statement(
        "residence.insert",
        """
        insert into referral.residence
          (agency_id, residence_id, version, entry_id, type, serves, weekly_cents, medications, is_listed, cell,
           latitude, longitude, document, confirmed_at, confirmed_by, changed_at, changed_by)
        values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $14)
        """
    )

    static let updateResidence = Statement(
        "residence.update",
        """
        update referral.residence
        set version = version + 1, entry_id = $4, type = $5, serves = $6, weekly_cents = $7, medications = $8,
          is_listed = $9, cell = $10, latitude = $11, longitude = $12, document = $13, changed_at = $14,
          changed_by = $15
        where agency_id = $1 and residence_id = $2 and version = $3
        """
    )

    static let findResidences = Statement(
        "residence.find",
        """
        select residence_id, version, document, confirmed_at, confirmed_by
        from referral.residence
        where agency_id = $1 and residence_id = any($2)
        order by residence_id
        """
    )

    /// No bed is added and no number confirmed meanwhile: a residence has one or the other.
    static let lockResidence = Statement(
        "residence.lock",
        """
        select residence_id, version, document, confirmed_at, confirmed_by
        from referral.residence
        where agency_id = $1 and residence_id = $2
        for no key update
        """
    )

    static let listResidences = Statement(
        "residence.list",
        """
        select residence_id, version, document, confirmed_at, confirmed_by
        from referral.residence
        where agency_id = $1 and residence_id > $2
        order by residence_id
        limit $3
        """
    )

    static let confirmResidence = Statement(
        "residence.confirm",
        """
        update referral.residence
        set confirmed_at = $3, confirmed_by = $4
        where agency_id = $1 and residence_id = $2
        """
    )

    /// Beds are counted as they are now; a bed whose hold is over is open. What residences outside say they have is as of
    /// their confirmation.
    static let countBeds = Statement(
        "bed.count",
        """
        select bed.residence_id, bed.kind, count(*) as total,
          count(*) filter (where bed.service = 'in-service' and taken.placement_id is null) as open
        from referral.bed as bed
        left join referral.placement as taken
          on taken.agency_id = $1 and taken.bed_id = bed.bed_id and taken.status in ('accepted', 'moved-in')
          and (taken.held_until is null or taken.held_until > $3)
        where bed.agency_id = $1 and bed.residence_id = any($2) and bed.service <> 'removed'
        group by bed.residence_id, bed.kind
        union all
        select residence_id, kind, total::bigint, open::bigint
        from referral.residence_count
        where agency_id = $1 and residence_id = any($2)
        """
    )

    static let forgetCounts = Statement(
        "residence_count.forget",
        """
        delete from referral.residence_count
        where agency_id = $1 and residence_id = $2
        """
    )

    static let insertCounts = Statement(
        "residence_count.insert",
        """
        insert into referral.residence_count (agency_id, residence_id, kind, total, open)
        select $1, $2, said.kind, said.total, said.open
        from unnest($3::text[], $4::integer[], $5::integer[]) as said (kind, total, open)
        """
    )

    static let hasBeds = Statement(
        "bed.has",
        """
        select exists (
          select
          from referral.bed
          where agency_id = $1 and residence_id = $2 and service <> 'removed')
        """
    )
}
