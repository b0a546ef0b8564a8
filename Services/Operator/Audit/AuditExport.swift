import ArgumentParser
import Foundation
import JSON
import Models
import Postgres
import ServiceKit

extension Audit {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints an agency's audit trail as FHIR R4 AuditEvents, one to a line.",
            discussion: """
                For the agency's privacy officer, or for another system that keeps such events. People are named by the \
                agency's own pseudonyms. That it was exported, and by which account, is a row of the trail itself.

                Connects as each service's own login: HANDRAIL_REFERRALS_DATABASE_URL and so on.
                """)

        @Argument(help: "The services; all of them where none is named.")
        var services: [String] = []

        @Option(help: "The agency's id.")
        var agency: String

        @Option(help: "Only what concerns this participant.")
        var participant: String?

        @Option(help: "From this date and time (RFC 3339) on; the beginning where it is left out.")
        var since: String?

        @Option(help: "Up to this date and time, without it; now where it is left out.")
        var until: String?

        func run() async throws {
            guard let agencyID = AgencyID(agency) else { throw ValidationError("--agency is no id") }
            let participantID = try participant.map { text in
                guard let id = ParticipantID(text) else { throw ValidationError("--participant is no id") }
                return id
            }
            let selection = AuditTrail.Selection(
                agencyID: agencyID, participantID: participantID,
                since: try Self.instant(since, "--since") ?? Instant(unixSeconds: 0),
                until: try Self.instant(until, "--until") ?? WallClock.system.now())
            for service in try Audit.chosen(services) {
                var settings = try OperatorSettings().database(InstalledServices.logins(of: service)[0].prefix)
                settings.statementTimeout = .seconds(3600)
                do {
                    try await withPool(settings) { pool in
                        try await AuditTrail(pool).read(selection, by: "handrail \(Messages.account)") { entry in
                            var json = JSONWriter()
                            json.value(AuditEventResource(entry: entry, agencyID: agencyID, service: service))
                            json.endLine()
                            FileHandle.standardOutput.write(Data(json.bytes))
                        }
                    }
                } catch is AuditTrail.UnknownAgency {
                    throw ValidationError("there is no agency \(agency)")
                }
            }
        }

        private static func instant(_ text: String?, _ option: String) throws -> Instant? {
            guard let text else { return nil }
            guard let instant = Instant(text) else { throw ValidationError("\(option) is no RFC 3339 date and time") }
            return instant
        }
    }

    /// The services that were named, or all.
    static func chosen(_ services: [String]) throws -> [String] {
        for service in services where !InstalledServices.names.contains(service) {
            throw ValidationError(
                "there is no service \(service); there are \(InstalledServices.names.joined(separator: ", "))")
        }
        return services.isEmpty ? InstalledServices.names : services
    }
}
