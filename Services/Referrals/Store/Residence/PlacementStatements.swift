internal import Postgres

extension Statement {
    static let insertPlacement = Statement(
        "placement.insert",
        """
        insert into referral.placement
          (agency_id, placement_id, version, participant_id, residence_id, status, wish, priority, priority_rank,
           applied_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """
    )

    static let updatePlacement = Statement(
        "placement.update",
        """
        update referral.placement
        set version = $3, status = $4, wish = $5, priority = $6, priority_rank = $7, bed_id = $8,
          held_until = $9, moved_in_at = $10, moved_out_at = $11, declined_by = $12, reason = $13, next_place = $14,
          next_residence_id = $15, changed_at = $16
        where agency_id = $1 and placement_id = $2
        """
    )

    static let insertPlacementTransition = Statement(
        "placement_transition.insert",
        """
        insert into referral.placement_transition
          (agency_id, placement_id, version, from_status, to_status, bed_id, note, actor, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    )

    static let lockPlacement = Statement(
        "placement.lock",
        """
        select p.placement_id, p.participant_id, p.residence_id, p.version, p.status, p.wish, p.priority,
          p.priority_rank, p.applied_at, p.bed_id, p.held_until, p.moved_in_at, p.moved_out_at,
          p.declined_by, p.reason, p.next_place, p.next_residence_id
        from referral.placement as p
        where p.agency_id = $1 and p.placement_id = $2
        for no key update
        """
    )

    /// For whom a bed is held beyond its time. The bed is locked.
    static let lockOverdueHold = Statement(
        "placement.lock_overdue_hold",
        """
        select p.placement_id, p.participant_id, p.residence_id, p.version, p.status, p.wish, p.priority,
          p.priority_rank, p.applied_at, p.bed_id, p.held_until, p.moved_in_at, p.moved_out_at,
          p.declined_by, p.reason, p.next_place, p.next_residence_id
        from referral.placement as p
        where p.agency_id = $1 and p.bed_id = $2 and p.status = 'accepted' and p.held_until <= $3
        for no key update
        """
    )

    /// What the others of a person's placements say: where they applied, where they lived at some time.
    static let placementsBeside = Statement(
        "placement.beside",
        """
        select p.placement_id, p.participant_id, p.residence_id, p.version, p.status, p.wish, p.priority,
          p.priority_rank, p.applied_at, p.bed_id, p.held_until, p.moved_in_at, p.moved_out_at,
          p.declined_by, p.reason, p.next_place, p.next_residence_id
        from referral.placement as p
        where p.agency_id = $1 and p.participant_id = any($2)
        order by p.placement_id
        """
    )

    /// The beds of placements, each placement's in the order in which they had them.
    static let listBedStays = Statement(
        "bed_stay.list",
        """
        select placement_id, bed_id, began_at, ended_at
        from referral.bed_stay
        where agency_id = $1 and placement_id = any($2)
        order by placement_id, began_at
        """
    )

    static let forgetBedStays = Statement(
        "bed_stay.forget",
        """
        delete from referral.bed_stay
        where agency_id = $1 and placement_id = $2
        """
    )

    static let insertBedStays = Statement(
        "bed_stay.insert",
        """
        insert into referral.bed_stay (agency_id, placement_id, bed_id, began_at, ended_at)
        select $1, $2, stay.bed_id, stay.began_at, stay.ended_at
        from unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[]) as stay (bed_id, began_at, ended_at)
        """
    )

    /// With what is shown beside a placement. Days are nights in the agency's time zone.
    static let findPlacements = Statement(
        "placement.find",
        """
        select p.placement_id, p.participant_id, p.residence_id, p.version, p.status, p.wish, p.priority,
          p.priority_rank, p.applied_at, p.bed_id, p.held_until, p.moved_in_at, p.moved_out_at,
          p.declined_by, p.reason, p.next_place, p.next_residence_id,
          r.document ->> 'name' as residence_name, b.label as bed_label,
          (coalesce(p.moved_out_at, $3) at time zone a.time_zone)::date
            - (p.moved_in_at at time zone a.time_zone)::date as days
        from referral.placement as p
        join referral.residence as r on r.agency_id = $1 and r.residence_id = p.residence_id
        join handrail.agency as a on a.agency_id = $1
        left join referral.bed as b on b.agency_id = $1 and b.bed_id = p.bed_id
        where p.agency_id = $1 and p.placement_id = any($2)
        order by p.placement_id
        """
    )

    static let listPlacementsOfPerson = Statement(
        "placement.list_of_person",
        """
        select placement_id
        from referral.placement
        where agency_id = $1 and participant_id = any($2) and placement_id < $3
        order by placement_id desc
        limit $4
        """
    )

    static let listPlacementsOfResidence = Statement(
        "placement.list_of_residence",
        """
        select placement_id
        from referral.placement
        where agency_id = $1 and residence_id = $2 and status = $3 and placement_id < $4
        order by placement_id desc
        limit $5
        """
    )

    /// Who waits for a residence, in the order in which they are asked; of all, or of those whom a bed fits.
    static let listWaiting = Statement(
        "placement.list_waiting",
        """
        select placement_id, priority_rank, applied_at
        from referral.placement
        where agency_id = $1 and residence_id = $2 and bed_id is null
          and status in ('applied', 'interviewed', 'accepted')
          and (priority_rank, applied_at, placement_id) > ($3, $4, $5)
          and ($6::text[] is null or wish = any($6))
        order by priority_rank, applied_at, placement_id
        limit $7
        """
    )

    /// Which place in the line each has, and how long the line is.
    static let positionsOfPlacements = Statement(
        "placement.positions",
        """
        select mine.placement_id, line.position, line.length
        from referral.placement as mine
        cross join lateral (
          select count(*) filter (
              where (other.priority_rank, other.applied_at, other.placement_id)
                <= (mine.priority_rank, mine.applied_at, mine.placement_id)) as position,
            count(*) as length
          from referral.placement as other
          where other.agency_id = $1 and other.residence_id = mine.residence_id and other.bed_id is null
            and other.status in ('applied', 'interviewed', 'accepted')
        ) as line
        where mine.agency_id = $1 and mine.placement_id = any($2) and mine.bed_id is null
          and mine.status in ('applied', 'interviewed', 'accepted')
        """
    )

    static let listPlacementTransitions = Statement(
        "placement_transition.list",
        """
        select version, from_status, to_status, bed_id, note, actor, at
        from referral.placement_transition
        where agency_id = $1 and placement_id = $2
        order by version
        """
    )
}
