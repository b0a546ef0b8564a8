import MessageTable
import Models
import Postgres

/// The demo agency in the registry of agencies, as the migrator sees it. Its name says whether its past is complete.
struct DemoRegistry: Sendable {
    let model: DemoModel
    let migrator: Pool

    enum State: Hashable, Sendable {
        case new, half, complete
    }

    private var unfinished: String { "\(model.agency.name) (being made)" }

    /// How far the demo is.
    func state() async throws -> State {
        try await migrator.transaction(for: DemoAgency.id) { transaction in
            _ = try await transaction.query(Agency.becomeOwner)
            guard let row = try await transaction.query(Self.name, DemoAgency.id).first else { return .new }
            return try row.decode(String.self) == unfinished ? .half : .complete
        }
    }

    /// Registers the agency, whose past is not complete yet; false where another command has done so first.
    func begin() async throws -> Bool {
        try await migrator.transaction(for: DemoAgency.id) { transaction in
            _ = try await transaction.query(Agency.becomeOwner)
            let inserted = try await transaction.execute(
                Agency.insertAgency, DemoAgency.id, unfinished, model.agency.timeZone, true, true)
            return inserted == 1
        }
    }

    /// From now on it is an agency like any other.
    func complete() async throws {
        try await migrator.transaction(for: DemoAgency.id) { transaction in
            _ = try await transaction.query(Agency.becomeOwner)
            try await transaction.execute(Self.rename, DemoAgency.id, model.agency.name)
        }
    }

    /// When each day of the past begins where the agency is, and the day that it ends before.
    ///
    /// - Parameter last: that day; today without it.
    func calendar(_ days: Int, before last: CivilDate?) async throws -> [Instant] {
        try await migrator.query(Self.dayBeginnings, model.agency.timeZone, last, days)
            .map { try $0.decode(Instant.self) }
    }

    private static let name = Statement("demo.name", "select name from handrail.agency where agency_id = $1")

    private static let rename = Statement(
        "demo.rename", "update handrail.agency set name = $2 where agency_id = $1")

    /// The database knows the zones: a static release build brings none.
    private static let dayBeginnings = Statement(
        "demo.days",
        """
        select (day at time zone $1)
        from (select coalesce($2, (clock_timestamp() at time zone $1)::date) as ends) e
        cross join lateral generate_series((ends - $3::int)::timestamp, ends::timestamp, interval '1 day') day
        order by day
        """)
}
