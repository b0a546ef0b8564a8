import ArgumentParser
import Models
import Postgres
import ServiceKit

extension Audit {
    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drops what was kept for long enough, a month at a time.",
            discussion: """
                Every row is kept for HANDRAIL_AUDIT_YEARS (6, and never less). The trail is verified before anything goes: \
                where it does not hold, nothing is dropped. Each month leaves a row for each agency that says what it \
                was, when it went and who dropped it, so that the seals hold afterwards as well.

                Connects as HANDRAIL_DATABASE_URL.
                """)

        @Argument(help: "The services; all of them where none is named.")
        var services: [String] = []

        @Option(help: "Only what is from before this date (2019-01-01).")
        var before: String?

        @Option(help: "A file with the public keys of those who sign seals; see handrail help audit verify.")
        var keys: String?

        @Flag(help: "Only say what would be dropped.")
        var dryRun = false

        func run() async throws {
            let settings = OperatorSettings()
            let years = try settings.auditYears()
            let before = try before.map { text in
                guard let date = CivilDate(text) else { throw ValidationError("--before is no date") }
                return date
            }
            let evidence = AuditVerification.Evidence(keys: try keys.map(Verify.publicKeys))
            var migrator = try settings.migrator()
            migrator.statementTimeout = .seconds(3600)
            let (chosen, isDryRun) = (try Audit.chosen(services), dryRun)
            try await withPool(migrator) { pool in
                for service in chosen {
                    let (schema, retirement) = (InstalledServices.schema(of: service), AuditRetirement(pool))
                    let months = try await retirement.months(schema: schema, keeping: years, before: before)
                    if months.isEmpty { print("\(service): nothing is old enough") }
                    if isDryRun { for month in months { print("\(service): \(month.yearAndMonth) would be dropped") } }
                    guard !isDryRun, !months.isEmpty else { continue }
                    let report = try await AuditVerification(pool).verify(schema: schema, against: evidence)
                    guard report.faults.isEmpty else {
                        print(
                            "\(service): \(report.faults.count) faults, nothing was dropped; see handrail audit verify")
                        throw ExitCode(1)
                    }
                    for month in months {
                        let rows = try await retirement.retire(
                            month, schema: schema, keeping: years, by: Messages.account)
                        print("\(service): \(month.yearAndMonth) dropped, \(rows) rows")
                    }
                }
            }
        }
    }
}

extension CivilDate {
    fileprivate var yearAndMonth: Substring { description.prefix(7) }
}

extension OperatorSettings {
    /// For how many years every row of the audit trail is kept.
    func auditYears() throws(Mistake) -> Int {
        guard let text = self["HANDRAIL_AUDIT_YEARS"] else { return AuditRetirement.leastYears }
        guard let years = Int(text), (AuditRetirement.leastYears...100).contains(years) else {
            throw Mistake(
                description: "HANDRAIL_AUDIT_YEARS must be a number from \(AuditRetirement.leastYears) to 100")
        }
        return years
    }
}
