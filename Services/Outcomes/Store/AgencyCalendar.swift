internal import MessageTable
internal import Models
internal import Postgres

/// A day on an agency's calendar, as PostgreSQL's time zones say; an agency that is not registered counts in UTC.
struct AgencyDay: Hashable, Sendable {
    let on: CivilDate
    let startsAt: Instant
    /// The first instant of the next day.
    let endsAt: Instant
}

enum AgencyCalendar {
    /// The day that an instant falls on.
    static func day(of instant: Instant, in work: UnitOfWork) async throws -> AgencyDay {
        try await one(work.transaction.query(dayOfInstant, work.agencyID, instant))
    }

    /// The instants at which a day begins and ends.
    static func day(_ date: CivilDate, in work: UnitOfWork) async throws -> AgencyDay {
        try await one(work.transaction.query(dayOfDate, work.agencyID, date))
    }

    private static func one(_ rows: Rows) throws -> AgencyDay {
        guard let row = rows.first else { throw StoreRefusal.missing }
        let (on, startsAt, endsAt) = try row.decode((CivilDate, Instant, Instant).self)
        return AgencyDay(on: on, startsAt: startsAt, endsAt: endsAt)
    }

    private static let dayOfInstant = Statement(
        "calendar.day_of_instant",
        """
        select
            ($2::timestamptz at time zone zone.name)::date,
            (($2::timestamptz at time zone zone.name)::date::timestamp at time zone zone.name),
            (((($2::timestamptz at time zone zone.name)::date + 1)::timestamp) at time zone zone.name)
        from (
            select coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC') as name
        ) as zone
        """
    )

    private static let dayOfDate = Statement(
        "calendar.day_of_date",
        """
        select
            $2::date,
            $2::date::timestamp at time zone zone.name,
            ($2::date + 1)::timestamp at time zone zone.name
        from (
            select coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC') as name
        ) as zone
        """
    )
}
