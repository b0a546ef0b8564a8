import Foundation
import Glibc
import Postgres
import TestKit
import Testing

@testable import Operator

/// HL7 v2 by MLLP on the real executable.
@Suite struct MLLPTests {
    private static let referral =
        [
            #"MSH|^~\&|EPIC|MERCY|HANDRAIL|NORTH|20261122010304-0500||REF^I12^REF_I12|C77|P|2.5.1"#,
            "RF1||S||||R-4711^MERCY|20261122", "PRD|RP^Referring Provider|Byron^Ada^^^DR||||^WPN^PH^^1^555^0100199|",
            "PID|1||MR-1^^^MERCY&2.16.840.1.113883.19.5&ISO^MR||Quixote^Dulcinea^^^^^L||19880229|F", "PV1|1|E",
        ].joined(separator: "\r")

    private static let stored = Statement("test.stored", "select count(*) from referral.referral")

    @Test("killed while a message comes, and again while it is in hand, the service has it once after all")
    func killed() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let journey = try await suite.journey()
            let hospital = try await journey.registerHospital("Mercy", intakePolicy: "auto")
            let port = try suite.listenForMLLP(from: hospital.clientID)
            #expect(suite.terminate("referrals") == 0)
            try await suite.start("referrals")
            let frame = [0x0B] + Array(Self.referral.utf8) + [0x1C, 0x0D]
            let half = try RawConnection(port)
            try half.send(Array(frame.prefix(200)))
            suite.kill("referrals")
            #expect(half.received(until: 0x1C).isEmpty)
            try await suite.start("referrals")
            #expect(try await Self.count(suite) == 0)
            let whole = try RawConnection(port)
            try whole.send(frame)
            suite.kill("referrals")
            _ = whole.received(until: 0x1C)
            try await suite.start("referrals")
            for _ in 0..<2 {
                let again = try RawConnection(port)
                try again.send(frame)
                #expect(again.received(until: 0x1C).contains("MSA|AA|C77"))
            }
            #expect(try await Self.count(suite) == 1)
            #expect(suite.terminate("referrals") == 0)
        }
    }

    private static func count(_ suite: RunningSuite) async throws -> Int {
        try await suite.database.withPool(connections: 1) { try await $0.query(stored)[0].decode(Int.self) }
    }

    @Test("a port that would be open to whoever finds it stops the start, and the log says which")
    func open() async throws {
        try await RunningSuite.with(services: []) { suite in
            for address in ["127.0.0.1:2575", "0.0.0.0:2575=a.b", "0.0.0.0:2575"] {
                suite.set("HANDRAIL_REFERRALS_MLLP_LISTEN", to: address)
                let (status, log) = try await suite.runToItsEnd("referrals")
                #expect(status == 78, "\(address)")
                #expect(log.contains("HANDRAIL_REFERRALS_MLLP_LISTEN: "), "\(address)")
            }
            suite.set("HANDRAIL_REFERRALS_MLLP_LISTEN", to: "2575")
            #expect(try await suite.runToItsEnd("referrals").status == 78)
        }
    }
}
