internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What somebody looks for.
struct ResidenceSearch: Sendable {
    var place: GeoPosition
    /// In km.
    var radius = 25.0
    /// Any of these; nil takes every type.
    var types: [String]?
    /// The kinds of beds that would do; nil takes every kind.
    var kinds: [BedKind]?
    /// All of these are accepted.
    var medications: [Residence.Medication] = []
    /// Also where a medication has to be asked for.
    var orAsk = false
    var maximumWeeklyCents: Int?
    /// Only where such a bed is open now.
    var hasOpen = false
    var limit = 50
    /// Where the page before ended.
    var after: (km: Double, residenceID: ResidenceID)?
}

/// One residence that was found.
struct FoundResidence: Sendable {
    let km: Double
    let stored: StoredResidence
}

extension Statement {
    /// What is within a circle, the nearest first: the cells come by ranges of their numbers, as in the directory. The order
    /// of the inner query keeps the planner from reading the whole table and holding each row against the ranges.
    static let searchResidences = Statement(
        "residence.search",
        """
        with found as (
          select near.residence_id, near.km
          from unnest($2::integer[], $3::integer[]) as span (first, last)
          cross join lateral (
            select residence.residence_id, place.km
            from referral.residence as residence
            cross join lateral (
              select 12742.0176 * asin(least(1, sqrt(
                power(sin(radians(residence.latitude - $4) / 2), 2)
                + cos(radians($4)) * cos(radians(residence.latitude))
                  * power(sin(radians(residence.longitude - $5) / 2), 2)))) as km
            ) as place
            where residence.agency_id = $1
              and residence.cell >= span.first
              and residence.cell <= span.last
              and residence.is_listed
              and residence.cell is not null
              and ($7::text[] is null or residence.type = any($7))
              and ($8::text[] is null or residence.serves && $8)
              and not exists (
                select
                from unnest($9::text[]) as wanted (medication)
                where not (wanted.medication || ':yes' = any(residence.medications)
                  or ($10::boolean and wanted.medication || ':ask' = any(residence.medications))))
              and ($11::integer is null or residence.weekly_cents <= $11)
              and (not $12::boolean
                or exists (
                  select
                  from referral.residence_count as said
                  where said.agency_id = $1 and said.residence_id = residence.residence_id and said.open > 0
                    and ($8::text[] is null or said.kind = any($8)))
                or exists (
                  select
                  from referral.bed as bed
                  where bed.agency_id = $1 and bed.residence_id = residence.residence_id
                    and bed.service = 'in-service'
                    and ($8::text[] is null or bed.kind = any($8))
                    and not exists (
                      select
                      from referral.placement as taken
                      where taken.agency_id = $1 and taken.bed_id = bed.bed_id
                        and taken.status in ('accepted', 'moved-in')
                        and (taken.held_until is null or taken.held_until > $13))))
            order by residence.cell
          ) as near
          where near.km <= $6
            and ($14::float8 is null or (near.km, near.residence_id) > ($14, $15::uuid))
          order by near.km, near.residence_id
          limit $16
        )
        select found.km, residence.residence_id, residence.version, residence.document, residence.confirmed_at,
          residence.confirmed_by
        from found
        join referral.residence as residence
          on residence.agency_id = $1 and residence.residence_id = found.residence_id
        order by found.km, found.residence_id
        """
    )
}

extension Store {
    /// The nearest residences, one more than the limit where there are more.
    func search(_ search: ResidenceSearch, in work: Work) async throws -> [FoundResidence] {
        let spans = search.place.cells(within: search.radius)
        return try await work.tx.query(
            .searchResidences, work.agencyID, spans.map { Int32($0.lowerBound) }, spans.map { Int32($0.upperBound) },
            search.place.latitude, search.place.longitude, search.radius, search.types,
            search.kinds.map { $0.map(\.description) }, search.medications.map(\.rawValue), search.orAsk,
            search.maximumWeeklyCents.map { Int32($0) }, search.hasOpen, work.now, search.after?.km,
            search.after?.residenceID, search.limit + 1
        ).map { FoundResidence(km: try $0.column("km"), stored: try StoredResidence(row: $0)) }
    }
}
