import ArgumentParser
import MessageTable
import Models
import Postgres

/// `handrail agency`: the tenants of an installation.
struct Agency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Registers and lists agencies.", subcommands: [Add.self, List.self])

    /// `handrail agency add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Registers an agency and prints its id.",
            discussion: """
                Whether 42 CFR Part 2 and HIPAA bind the agency decides what may be shown to whom; both must be said.
                """
        )

        @Option(help: "The agency's name.")
        var name: String

        @Option(help: "Its IANA time zone, such as America/New_York.")
        var timeZone: String

        @Flag(inversion: .prefixedNo, help: "It is a program under 42 CFR Part 2.")
        var part2Program: Bool

        @Flag(inversion: .prefixedNo, help: "It is a covered entity under HIPAA.")
        var hipaaCoveredEntity: Bool

        @Option(help: "Use this id, a UUID, instead of a new one; an agency that has it already is left as it is.")
        var id: String?

        func validate() throws {
            if let id, AgencyID(id) == nil { throw ValidationError("\(id) is not a UUID") }
        }

        func run() async throws {
            let agency = id.flatMap { AgencyID($0) } ?? IDSource.version7(clock: .system).new()
            try await withPool(try OperatorSettings().migrator()) { pool in
                try await pool.transaction(for: agency) { transaction in
                    let isZone = try await transaction.query(Agency.findZone, timeZone)[0].decode(Bool.self)
                    guard isZone else { throw ValidationError("\(timeZone) is not a time zone of the IANA list") }
                    _ = try await transaction.query(Agency.becomeOwner)
                    try await transaction.execute(
                        Agency.insertAgency, agency, name, timeZone, part2Program, hipaaCoveredEntity)
                }
            }
            print(agency)
        }
    }

    /// `handrail agency list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the agencies with their ids.")

        func run() async throws {
            try await withPool(try OperatorSettings().migrator()) { pool in
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(Agency.becomeOwner)
                    for row in try await transaction.query(Agency.listAgencies) {
                        let (id, name, zone) = try row.decode((AgencyID, String, String).self)
                        print("\(id)  \(name)  (\(zone))")
                    }
                }
            }
        }
    }

    /// The registry belongs to the owner role, which the migrator may become.
    static let becomeOwner = Statement("agency.become_owner", "set local role handrail_owner")

    /// The database's list is asked: without ICU, which a static release build leaves out, Foundation knows only GMT.
    /// Abbreviations (`EST`) know no summer time, and the trees `posix` and `right` are copies: scheduling takes neither.
    static let findZone = Statement(
        "agency.find_zone",
        """
        select exists (
          select
          from pg_catalog.pg_timezone_names
          where name = $1 and (name = 'UTC' or name like '%/%' and name !~ '^(posix|right)/'))
        """
    )

    static let insertAgency = Statement(
        "agency.add",
        """
        insert into handrail.agency (agency_id, name, time_zone, part2_program, hipaa_covered_entity)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id) do nothing
        """)

    static let listAgencies = Statement(
        "agency.list", "select agency_id, name, time_zone from handrail.agency order by agency_id")
}
