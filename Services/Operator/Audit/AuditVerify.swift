import ArgumentParser
import FoundationEssentials
import JSON
import Models
import Postgres
import ServiceKit

/// `handrail audit`: whether what was recorded is still what was recorded.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows whether the audit trail is as it was written, and hands it out.",
        subcommands: [Verify.self, Export.self])
}

extension Audit {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds rows of the audit trail that were changed, removed or slipped in.",
            discussion: """
                Reads every row again and holds it against the seals, which each service makes every five seconds for \
                each agency; rows of the last seconds are not sealed yet. Of each seal the first row that does not fit \
                is named. Ends with 1 where anything does not hold.

                Whoever could rewrite rows and seals together cannot rewrite what the services' logs say of the seals. \
                With --heads it is held against them: a file with log lines, as the service wrote them.

                Connects as HANDRAIL_DATABASE_URL.
                """)

        @Argument(help: "The services; all of them where none is named.")
        var services: [String] = []

        @Option(help: "A file with log lines of the services; may be given several times.")
        var heads: [String] = []

        func run() async throws {
            let lines = try heads.flatMap(Self.logLines)
            var settings = try OperatorSettings().migrator()
            settings.statementTimeout = .seconds(3600)
            let chosen = try Audit.chosen(services)
            let faultCount = try await withPool(settings) { pool in
                var count = 0
                for service in chosen {
                    let heads = lines.compactMap { AuditHead(logLine: $0, of: service) }
                    let report = try await AuditVerification(pool).verify(
                        schema: InstalledServices.schema(of: service), heads: heads)
                    for fault in report.faults { print("\(service): \(Self.sentence(fault))") }
                    let told = heads.isEmpty ? "" : ", \(heads.count) seals of logs compared"
                    let verdict = report.faults.isEmpty ? "all hold" : "\(report.faults.count) faults"
                    print("\(service): \(report.seals) seals over \(report.rows) rows\(told): \(verdict)")
                    count += report.faults.count
                }
                return count
            }
            if faultCount > 0 { throw ExitCode(1) }
        }

        /// Lines that are no JSON objects, such as those of another program, are passed over.
        private static func logLines(in path: String) throws -> [JSONValue] {
            guard let content = FileManager.default.contents(atPath: path) else {
                throw ValidationError("\(path) cannot be read")
            }
            return content.split(separator: UInt8(ascii: "\n")).compactMap { line in
                do { return try JSONValue.parse(line) } catch { return nil }
            }
        }

        private static func sentence(_ fault: AuditVerification.Fault) -> String {
            let place = fault.sealNumber.map { "seal \($0)" } ?? "behind the last seal"
            let row = fault.row.map { "row \($0.auditID.uuidString.lowercased()) of \($0.at)" }
            let what =
                switch fault.kind {
                case .altered: "\(row ?? "a row") is not what was sealed"
                case .inserted: "\(row ?? "a row") was not there when it was sealed"
                case .missing: "what followed \(row ?? "the beginning") is gone"
                case .sealAltered: "the seal was changed, or does not follow on the one before it"
                case .sealMissing: "the seal is gone"
                case .headContradicted: "the seal is not the one that the log tells of"
                }
            return "agency \(fault.agencyID), \(place): \(what)"
        }
    }
}
