import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import NIOConcurrencyHelpers
import NIOCore
import Postgres
import TestKit
import Testing

@testable import Operator

/// Nothing that leaves the services, and nothing that lies in the database, says who somebody is.
@Suite struct LeakScanTests {
    @Test("a person's particulars come out nowhere but in the answers to those who may read them")
    func scan() async throws {
        let hooks = NIOLockedValueBox<[UInt8]>([])
        try await Self.withReceiver(hooks) { port in
            // A limit on requests would hide what the requests behind it do.
            try await RunningSuite.with(["HANDRAIL_RATE_LIMIT_PER_MINUTE": "0"]) { suite in
                let outsider = Outsider()
                let journey = try await suite.journey()
                let played = try await MarkedJourney(
                    journey: journey, outsider: outsider, webhookURL: "http://127.0.0.1:\(port)/hooks"
                ).play()
                // Whoever may read it reads it: the marks are really there.
                let person = String(decoding: played.person.serialized(), as: UTF8.self)
                for mark in [Mark.familyName, .givenName, .birthDate, .address] {
                    #expect(person.contains(mark.text), "\(mark)")
                }
                try await Self.parkSomething(suite)
                let operations = try await Self.badRequests(outsider, journey, played).play(suite.addresses)
                #expect(operations > 90)
                try await journey.eventually("a webhook") { hooks.withLockedValue { !$0.isEmpty } }

                var outlets = outsider.outlets + [Outlet("webhook", hooks.withLockedValue { $0 })]
                for (service, address) in zip(InstalledServices.names, suite.addresses.operators) {
                    let answer = try await Outsider().send("GET", address + "/metrics")
                    #expect(answer.status == 200)
                    outlets.append(Outlet("metrics \(service)", answer.body))
                }
                for service in InstalledServices.names { #expect(suite.terminate(service) == 0, "\(service)") }
                for service in InstalledServices.names {
                    outlets.append(Outlet("log \(service)", try suite.log(of: service).utf8))
                }
                outlets += try await DatabaseDump.outlets(of: suite)
                Self.check(outlets, sent: outsider.sent, outsider.statuses)
            }
        }
    }

    private static func check(_ outlets: [Outlet], sent: Outlet, _ statuses: [Int: Int]) {
        let scan = LeakScan()
        // The search is worth something: it finds every mark in what was sent, and in each outlet what is put there.
        #expect(scan.marks(in: sent) == Set(Mark.all.map(\.name)).subtracting([Mark.unreadable.name]))
        for outlet in outlets {
            #expect(!outlet.content.isEmpty, "\(outlet.name)")
            #expect(scan.overlooked(in: outlet).isEmpty, "\(outlet.name)")
        }
        let tables = outlets.filter { $0.name.hasPrefix("dump ") }
        for table in ["referral.participant", "referral.received_resource", "message_table.parked"] {
            #expect(tables.contains { $0.name == "dump \(table)" }, "\(table) is empty")
        }
        let findings = scan.findings(outlets)
        #expect(findings.isEmpty, "\(findings.prefix(40).map(\.description).joined(separator: "\n"))")
        let refused = statuses.filter { $0.key >= 400 }.values.reduce(0, +)
        // Refused as what they are: a service that fails over them would tell us nothing.
        #expect(statuses[500] == nil)
        print(
            "leak scan: \(statuses.values.reduce(0, +)) requests, \(refused) refused; \(outlets.count) outlets with",
            "\(outlets.map(\.content.count).reduce(0, +)) bytes, \(tables.count) tables among them;",
            "\(Mark.all.count) marks in \(Mark.all.flatMap(\.traces).count) forms")
    }

    private static func badRequests(
        _ outsider: Outsider, _ journey: Journey, _ played: MarkedJourney.Played
    ) async throws -> BadRequests {
        var tokens: [String?] = [nil, Mark.misplaced.text, played.hospitalToken]
        for role in Role.allCases where ![.partner, .participant, .peer].contains(role) {
            tokens.append(try await journey.staffToken(role.rawValue))
        }
        tokens.append(try await journey.staffToken("peer", peer: played.peer))
        return BadRequests(outsider: outsider, tokens: tokens, ids: played.ids)
    }

    private static let parked = Statement("test.parked", "select count(*) from message_table.parked")

    /// A message that nobody can read, so that there is something parked, with its error.
    private static func parkSomething(_ suite: RunningSuite) async throws {
        try await suite.database.withPool { pool in
            try await pool.runScript(
                """
                insert into message_table.message (topic, key, version, agency_id, payload)
                values ('referral.accepted.v1', '\(UUID())', 1, '\(suite.agency)',
                    '{"referralID":"\(Mark.unreadable.text)"}')
                """)
            while try await pool.query(Self.parked)[0].decode(Int.self) == 0 {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// A hospital that keeps all that it is told.
    private static func withReceiver(
        _ received: NIOLockedValueBox<[UInt8]>, _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        let router = Router()
        router.post("**") { request, _ in
            let content = try await request.body.collect(upTo: 1 << 20)
            let headers = request.headers.map { "\($0.name): \($0.value)\n" }.joined()
            received.withLockedValue { $0 += "\(request.uri)\n\(headers)".utf8 + Array(content.readableBytesView) }
            return Response(status: .ok)
        }
        try await Application(router: router, logger: .silent).test(.live) { (client) async throws -> Void in
            try await body(try #require(client.port))
        }
    }
}
