import Foundation
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Operator

/// `handrail audit verify` as the agency's privacy officer would have it run, on the real executables.
@Suite struct AuditVerificationTests {
    private static let signed = Statement(
        "test.signed",
        """
        select count(*)
        from referral.audit_event as e
        where e.operation_id = 'listReferrals'
            and e.xid < (select max(s.to_xid) from referral.audit_seal as s join referral.audit_signature as g
                on g.agency_id = s.agency_id and g.seal_number = s.seal_number)
        """)

    @Test("a trail that nobody touched holds; a row removed by a superuser is named, and so is a chain made anew")
    func verify() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let token = try await LocalIssuer(suite.settings).staffToken(
                "coordinator", agency: suite.agency, at: WallClock.system.now())
            for _ in 1...3 {
                _ = try await Caller().send("GET", suite.addresses.referrals + "/v1/referrals", token: token)
            }
            try await suite.database.withPool { superuser in
                // Every five seconds, once no older transaction of the cluster is open.
                while try await superuser.query(Self.signed)[0].decode(Int.self) < 3 {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            let log = suite.folder.appending(path: "referrals.log")
            let keys = suite.folder.appending(path: "audit-public.pem")
            func verify() async throws -> (code: Int32, output: String) {
                let result = try await BuiltExecutable("handrail").run(
                    ["audit", "verify", "referrals", "--keys", keys.path, "--heads", log.path],
                    environment: ["HANDRAIL_DATABASE_URL": suite.migratorURL])
                return (result.code, result.output)
            }
            let untouched = try await verify()
            #expect(untouched.code == 0, "\(untouched.output)")
            #expect(
                untouched.output.contains(", signatures checked, ")
                    && untouched.output.contains("seals of logs compared: all hold"), "\(untouched.output)")

            #expect(suite.terminate("referrals") == 0)
            try await suite.database.withPool { superuser in
                try await superuser.runScript(
                    """
                    set session_replication_role = replica;
                    delete from referral.audit_event
                    where audit_id = (
                        select audit_id from referral.audit_event where operation_id = 'listReferrals' order by at limit 1)
                    """)
            }
            let removed = try await verify()
            #expect(removed.code == 1)
            #expect(removed.output.contains("agency \(suite.agency), seal "), "\(removed.output)")
            #expect(removed.output.contains(" is gone"), "\(removed.output)")

            try await suite.database.withPool { superuser in
                try await superuser.runScript(
                    """
                    set session_replication_role = replica;
                    delete from referral.audit_seal;
                    select handrail.seal_audit('referral')
                    """)
            }
            let rewritten = try await verify()
            #expect(rewritten.code == 1)
            #expect(rewritten.output.contains("not the one that the log tells of"), "\(rewritten.output)")
            #expect(rewritten.output.contains("signatures are not by one of the keys"), "\(rewritten.output)")
        }
    }

    @Test("several services' trails go out as one, by time, also as a Bundle")
    func merged() async throws {
        try await RunningSuite.with(services: ["referrals", "peer-matching"]) { suite in
            let token = try await LocalIssuer(suite.settings).staffToken(
                "supervisor", agency: suite.agency, at: WallClock.system.now())
            for path in ["/v1/matches", "/v1/referrals", "/v1/matches"] {
                let address = path == "/v1/matches" ? suite.addresses.matching : suite.addresses.referrals
                _ = try await Caller().send("GET", address + path, token: token)
            }
            func export(_ more: String...) async throws -> String {
                let result = try await BuiltExecutable("handrail").run(
                    ["audit", "export", "referrals", "peer-matching", "--agency", "\(suite.agency)"] + more,
                    environment: suite.environment)
                #expect(result.code == 0, "\(result.output)")
                return result.output
            }
            let lines = try await export().split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
            let bundle = try JSONValue.parse(Array(try await export("--bundle").utf8))
            let entries = bundle["entry"]?.items ?? []
            #expect(bundle["resourceType"] == "Bundle" && bundle["type"] == "collection")
            for events in [lines, entries.compactMap { $0["resource"] }] {
                let asked = events.filter { $0[["entity", 0, "name"]] != "exportAuditTrail" }
                #expect(
                    asked.map { $0[["source", "observer", "identifier", "value"]]?.string }
                        == ["peer-matching", "referrals", "peer-matching"])
            }
            #expect(entries[0]["fullUrl"]?.string == entries[0][["resource", "id"]]?.string.map { "urn:uuid:\($0)" })
        }
    }

    @Test("the trail goes out as AuditEvents, of one person where one is named, and the export is on record")
    func export() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let token = try await LocalIssuer(suite.settings).staffToken(
                "coordinator", agency: suite.agency, at: WallClock.system.now())
            let caller = Caller()
            let url = suite.addresses.referrals
            for _ in 1...2 {
                _ = try await caller.send(
                    "POST", url + "/v1/referrals", token: token,
                    ["setting": "emergency-department", "priority": "stat"])
            }
            let listed = try await caller.send("GET", url + "/v1/referrals", token: token).body
            let person = try #require(listed[["items", 0, "participantID"]]?.string)
            func export(_ more: [String] = []) async throws -> [JSONValue] {
                let result = try await BuiltExecutable("handrail").run(
                    ["audit", "export", "referrals", "--agency", "\(suite.agency)"] + more,
                    environment: suite.environment)
                #expect(result.code == 0, "\(result.output)")
                return try result.output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
            }
            func operations(_ events: [JSONValue]) -> [String?] {
                events.map { $0[["entity", 0, "name"]]?.string }
            }
            let all = try await export()
            #expect(operations(all) == ["createReferral", "createReferral", "listReferrals"])
            #expect(all.allSatisfy { $0["resourceType"] == "AuditEvent" && $0["outcome"] == "0" })
            #expect(all.map { $0["action"]?.string } == ["C", "C", "E"])
            #expect(all.map { $0["entity"]?.items.count } == [2, 2, 3])
            let ofOne = try await export(["--participant", person])
            #expect(operations(ofOne) == ["createReferral", "listReferrals"])
            #expect(ofOne[0][["entity", 1, "what", "identifier", "value"]]?.string == "urn:uuid:\(person)")
            let nobody = try await BuiltExecutable("handrail").run(
                ["audit", "export", "--agency", UUID().uuidString], environment: suite.environment)
            #expect(nobody.code != 0 && nobody.output.contains("there is no agency"), "\(nobody.output)")
            // Each export finds those before it.
            #expect(operations(try await export()).suffix(2) == ["exportAuditTrail", "exportAuditTrail"])
            #expect(operations(try await export(["--participant", person])).contains("exportAuditTrail"))
        }
    }
}
