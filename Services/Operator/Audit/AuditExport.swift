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
                For the agency's privacy officer, or for another system that keeps such events. What the services recorded \
                comes as one, in the order of its time. People are named by the agency's own pseudonyms. That it was \
                exported, and by which account, is a row of each service's trail itself.

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

        @Flag(help: "One Bundle instead of lines.")
        var bundle = false

        func run() async throws {
            guard let agencyID = AgencyID(agency) else { throw ValidationError("--agency is no id") }
            let participantID = try participant.map { text in
                guard let id = ParticipantID(text) else { throw ValidationError("--participant is no id") }
                return id
            }
            let selection = AuditTrail.Selection(
                agencyID: agencyID, participantID: participantID,
                since: try Audit.instant(since, "--since") ?? Instant(unixSeconds: 0),
                until: try Audit.instant(until, "--until") ?? WallClock.system.now())
            let chosen = try Audit.chosen(services)
            let settings = try chosen.map { service in
                var settings = try OperatorSettings().database(InstalledServices.logins(of: service)[0].prefix)
                settings.statementTimeout = .seconds(3600)
                return settings
            }
            let output = AuditOutput(agencyID: agencyID, isBundle: bundle)
            do {
                try await withPools(settings) { pools in
                    var readings: [(service: String, reading: AuditReading)] = []
                    for (service, pool) in zip(chosen, pools) {
                        let reading = try await AuditTrail(pool).open(selection, by: "handrail \(Messages.account)")
                        readings.append((service, reading))
                    }
                    var merged = try await MergedAuditReading(readings)
                    output.begin()
                    var isFirst = true
                    while let (service, entry) = try await merged.next() {
                        output.write(entry, of: service, isFirst: isFirst)
                        isFirst = false
                    }
                    output.end()
                }
            } catch is AuditTrail.UnknownAgency {
                throw ValidationError("there is no agency \(agency)")
            }
        }
    }

    static func instant(_ text: String?, _ option: String) throws -> Instant? {
        guard let text else { return nil }
        guard let instant = Instant(text) else { throw ValidationError("\(option) is no RFC 3339 date and time") }
        return instant
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

/// AuditEvents on standard output: one to a line, or as the entries of one Bundle, one to a line as well.
private struct AuditOutput: Sendable {
    let agencyID: AgencyID
    let isBundle: Bool

    func begin() {
        if isBundle { print(#"{"resourceType":"Bundle","type":"collection","entry":["#) }
    }

    func write(_ entry: AuditEntry, of service: String, isFirst: Bool) {
        let resource = AuditEventResource(entry: entry, agencyID: agencyID, service: service)
        var json = JSONWriter()
        if isBundle {
            json.object { json in
                json.field("fullUrl", "urn:uuid:\(entry.auditID.uuidString.lowercased())")
                json.object("resource") { resource.writeFields(to: &$0) }
            }
            print((isFirst ? "" : ",") + String(decoding: json.bytes, as: UTF8.self))
        } else {
            json.value(resource)
            print(String(decoding: json.bytes, as: UTF8.self))
        }
    }

    func end() {
        if isBundle { print("]}") }
    }

    private func print(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
