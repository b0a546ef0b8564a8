import ArgumentParser
import FoundationEssentials
import JSON
import Models
import Postgres
import ServiceKit

/// `handrail audit`: whether what was recorded is still what was recorded.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows whether the audit trail is as it was written, hands it out, and drops what is old enough.",
        subcommands: [Verify.self, Export.self, Retire.self])
}

extension Audit {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds rows of the audit trail that were changed, removed or slipped in.",
            discussion: """
                Reads every row again and holds it against the seals, which each service makes every five seconds for \
                each agency; rows of the last seconds are not sealed yet. Of each seal the first row that does not fit \
                is named. Ends with 1 where anything does not hold.

                Whoever could rewrite rows and seals together cannot sign the seals, nor rewrite what the services' logs \
                say of them. With --keys each seal must be signed by one of these keys: audit-public.pem, as handrail \
                keys makes it. With --heads the seals are held against log lines, as the services wrote them; those \
                must be signed as well where both are given.

                --since reads no more than is new, and takes what is older for granted: for every night, where all of it is \
                read now and then.

                Connects as HANDRAIL_DATABASE_URL.
                """)

        @Argument(help: "The services; all of them where none is named.")
        var services: [String] = []

        @Option(help: "A file with log lines of the services; may be given several times.")
        var heads: [String] = []

        @Option(help: "A file with the public keys of those who sign seals, of today and of before (PEM).")
        var keys: String?

        @Option(help: "Only seals that were made from this date and time (RFC 3339) on, and the one before.")
        var since: String?

        func run() async throws {
            let since = try Audit.instant(since, "--since")
            let lines = try heads.flatMap(Self.logLines)
            let keys = try keys.map(Self.publicKeys)
            var settings = try OperatorSettings().migrator()
            settings.statementTimeout = .seconds(3600)
            let chosen = try Audit.chosen(services)
            let faultCount = try await withPool(settings) { pool in
                var count = 0
                for service in chosen {
                    let heads = lines.compactMap { AuditHead(logLine: $0, of: service) }
                    let report = try await AuditVerification(pool).verify(
                        schema: InstalledServices.schema(of: service),
                        against: AuditVerification.Evidence(heads: heads, keys: keys), since: since)
                    for fault in report.faults { print("\(service): \(Self.sentence(fault))") }
                    let told =
                        (keys == nil ? "" : ", signatures checked")
                        + (heads.isEmpty ? "" : ", \(heads.count) seals of logs compared")
                    let verdict = report.faults.isEmpty ? "all hold" : "\(report.faults.count) faults"
                    print("\(service): \(report.seals) seals over \(report.rows) rows\(told): \(verdict)")
                    count += report.faults.count
                }
                return count
            }
            if faultCount > 0 { throw ExitCode(1) }
        }

        static func publicKeys(in path: String) throws -> AuditPublicKeys {
            do {
                return try AuditPublicKeys(pem: Array(try Data(contentsOf: URL(filePath: path))))
            } catch let error as AuditKeyError {
                throw ValidationError("\(path): \(error)")
            } catch {
                throw ValidationError("\(path) cannot be read")
            }
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
                case .sealUnsigned: "from here on seals are not signed"
                case .sealForged: "from here on signatures are not by one of the keys, or not of these seals"
                case .sealSignedLate: "from here on seals were signed long after their rows were written"
                case .headContradicted: "the seal is not the one that the log tells of"
                case .headForged: "what the log tells of the seal is not signed by one of the keys"
                }
            return "agency \(fault.agencyID), \(place): \(what)"
        }
    }
}
