import Foundation
import HL7v2
import HTTPTypes
import MessageTable
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Visits that an interface tells of") struct VisitDoorTests {
    /// What a hospital's registration sends of a visit.
    static func visit(
        _ event: String = "A04", visit: String = "V-1", diagnosis: String = "T40.1X1A^Poisoning^I10",
        family: String = "Quixote", at: String = "20261122085900+0000", visitClass: String = "E", more: String = ""
    ) -> String {
        [
            #"MSH|^~\&|ADT|MERCY|HANDRAIL|NORTH|\#(at)||ADT^\#(event)^ADT_A01|M-\#(at)|P|2.5.1"#,
            "EVN|\(event)|\(at)",
            "PID|1||MR-1^^^MERCY^MR||\(family)^Dulcinea^^^^^L||19880229|F|||12 Mill St^^Toboso^NY^10001||^PRN^CP^^1^555^0100123",
            "PV1|1|\(visitClass)|ED^12^B||||||||||||||||\(visit)^^^MERCY",
            diagnosis.isEmpty ? "NTE|1||nothing yet" : "DG1|1||\(diagnosis)|||A",
        ].joined(separator: "\r") + more
    }

    private static let suggestions = Statement(
        "test.suggestions",
        """
        select status || ' ' || array_to_string(signs, '+') || case when discharged_at is null then '' else ' left' end
        from referral.dispatch_suggestion order by suggestion_id
        """)
    private static let nothingElse = Statement(
        "test.nothing_else",
        """
        select (select count(*) from referral.referral) + (select count(*) from referral.participant)
          + (select count(*) from message_table.message) + (select count(*) from message_table.delivery)
        """)

    private static func told(_ server: PartnerServer) async throws -> [String] {
        try await server.referring.look(suggestions, as: String.self)
    }

    private static func visit(_ server: PartnerServer) async throws -> SuggestedVisit? {
        let id = try await server.referring.look(
            Statement("test.id", "select suggestion_id from referral.dispatch_suggestion"), as: SuggestionID.self)[0]
        return try await server.referring.work { work in
            try server.referring.store.visit(of: try await server.referring.store.suggestion(id, in: work), in: work)
        }
    }

    @Test("an overdose is suggested to a person, and that is all: no referral, no participant, no message to anybody")
    func suggested() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.send(hl7: Self.visit())
            #expect(answer.status == .ok && answer.message.type == ("ACK", "A04"), "\(answer.text)")
            #expect(answer.message.first("MSA")?.text(1) == "AA")
            #expect(try await Self.told(server) == ["open icd-10 T40"])
            #expect(try await server.referring.look(Self.nothingElse, as: Int.self) == [0])
            let person = try #require(try await Self.visit(server)?.person)
            #expect(person.familyName == "Quixote" && person.birthDate?.description == "1988-02-29")
            #expect(try await Self.visit(server)?.location == "ED, 12, B")
            let audited = try await server.referring.look(
                Statement(
                    "test.audit",
                    "select operation_id || ' ' || action || ' ' || cardinality(participant_ids) from referral.audit_event"
                ), as: String.self)
            #expect(audited == ["receiveHL7 create 0"])
            let readable = try await server.referring.look(
                Statement(
                    "test.readable",
                    "select count(*) from referral.dispatch_suggestion s where s::text ~* 'quixote|dulcinea|V-1|0100123'"
                ),
                as: Int.self)
            #expect(readable == [0])
        }
    }

    @Test(
        "the same visit is one suggestion: its diagnosis may come later, corrections are taken, a discharge is marked")
    func oneVisit() async throws {
        try await PartnerServer.with { server in
            let (hospital, other) = (try await server.hospital(), try await server.hospital("Other"))
            _ = try await hospital.send(hl7: Self.visit(diagnosis: ""))
            #expect(try await Self.told(server).isEmpty)
            _ = try await hospital.send(hl7: Self.visit("A08", at: "20261122085910+0000"))
            for _ in 0..<2 {
                _ = try await hospital.send(
                    hl7: Self.visit("A08", diagnosis: "F11.20^^I10", family: "Lorenzo", at: "20261122085930+0000"))
            }
            // Sent before, and late on its way.
            _ = try await hospital.send(hl7: Self.visit("A08", family: "Old", at: "20261122085920+0000"))
            #expect(try await Self.told(server) == ["open icd-10 T40+icd-10 F11"])
            #expect(try await Self.visit(server)?.person.familyName == "Lorenzo")
            _ = try await hospital.send(hl7: Self.visit("A03", at: "20261122085940+0000"))
            _ = try await hospital.send(hl7: Self.visit("A04"))
            #expect(try await Self.told(server) == ["open icd-10 T40+icd-10 F11 left"])
            _ = try await other.send(hl7: Self.visit())
            _ = try await hospital.send(hl7: Self.visit(visit: "V-2"))
            #expect(try await Self.told(server).count == 3)
        }
    }

    @Test(
        "of a sender that numbers no visits, one day's messages are one visit, and who comes again is suggested again")
    func unnumbered() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            for (event, at) in [
                ("A04", "20261120085900+0000"), ("A08", "20261120091000+0000"), ("A04", "20261122085900+0000"),
            ] {
                _ = try await hospital.send(hl7: Self.visit(event, visit: "", at: at))
            }
            #expect(try await Self.told(server).count == 2)
            let admitted = Self.visit(visit: "", at: "20261122085910+0000")
            let fields = String(repeating: "|", count: 25) + "20261119"
            for _ in 0..<2 {
                _ = try await hospital.send(hl7: admitted.replacing("\rDG1", with: "\(fields)\rDG1"))
            }
            #expect(try await Self.told(server).count == 3, "by the day of admission where that is said")
        }
    }

    @Test("messages of one visit that meet make one suggestion")
    func meeting() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            try await withThrowingTaskGroup(of: String?.self) { group in
                for event in ["A04", "A01", "A08", "A08", "A04", "A03"] {
                    group.addTask {
                        try await hospital.send(hl7: Self.visit(event)).message.first("MSA")?.text(1)
                    }
                }
                for try await code in group { #expect(code == "AA") }
            }
            #expect(try await Self.told(server) == ["open icd-10 T40 left"])
        }
    }

    @Test(
        "everything else is acknowledged alike, counted on record, and not kept",
        arguments: [
            visit(visitClass: "I"), visit(diagnosis: "J18.9^Pneumonia^I10"), visit("A02"), visit("A11"), visit("A40"),
            visit().replacing("ADT^A04^ADT_A01", with: "SIU^S12^SIU_S12"),
            visit(diagnosis: "J18.9^Denies overdose^I10"),
        ])
    func notKept(_ message: String) async throws {
        try await PartnerServer.with { server in
            let answer = try await server.hospital().send(hl7: message)
            #expect(answer.status == .ok && answer.message.first("MSA")?.text(1) == "AA", "\(answer.text)")
            #expect(answer.message.first("ERR") == nil)
            #expect(try await Self.told(server).isEmpty)
        }
    }

    @Test("the reason in words counts, wherever the sender writes it")
    func words() async throws {
        for more in [
            "\rPV2|||^Heroin overdose", "\rOBX|1|TX|8661-1^Chief complaint^LN||unresponsive, narcan given",
            "\rPV2||||||||||||possible OD",
        ] {
            try await PartnerServer.with { server in
                _ = try await server.hospital().send(hl7: Self.visit(diagnosis: "", more: more))
                #expect(try await Self.told(server).count == 1, "\(more)")
            }
        }
    }

    @Test("an overdose of nobody is an error with its place, and not lost without a word")
    func nobody() async throws {
        try await PartnerServer.with { server in
            let answer = try await server.hospital().send(hl7: Self.visit().replacing("\rPID|", with: "\rPIX|"))
            #expect(answer.message.first("MSA")?.text(1) == "AE" && answer.message.first("ERR")?.text(2) == "PID")
            let born = try await server.hospital("B").send(hl7: Self.visit().replacing("19880229", with: "18000101"))
            #expect(born.message.first("MSA")?.text(1) == "AE")
            #expect(try await Self.told(server).isEmpty)
        }
    }

    @Test("one that nobody takes up is forgotten in time, and its visit is not suggested again")
    func expires() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            _ = try await hospital.send(hl7: Self.visit())
            let referring = server.referring
            let (id, due) = try await referring.database.withPool(connections: 1) { pool in
                try await pool.query(
                    Statement("test.due", "select message_id, due_at from message_table.scheduled")
                )[0].decode((UUID, Instant).self)
            }
            #expect(due == referring.clock.now + .seconds(86_400))
            let event = SuggestionExpiryDue(suggestionID: SuggestionID(rawValue: id), dueAt: due)
            referring.clock.advance(by: .seconds(86_400))
            for _ in 0..<2 { try await referring.work { try await referring.store.expire(event, in: $0) } }
            #expect(try await Self.told(server) == ["expired icd-10 T40"])
            let kept = try await referring.look(
                Statement(
                    "test.kept",
                    "select count(*) from referral.dispatch_suggestion where content is not null or data_key is not null"
                ),
                as: Int.self)
            #expect(kept == [0])
            _ = try await hospital.send(hl7: Self.visit("A08", at: "20261123085900+0000"))
            #expect(try await Self.told(server) == ["expired icd-10 T40"])
        }
    }

    @Test("an open one is read after the keys were renewed, without the old ones")
    func renewed() async throws {
        try await PartnerServer.with { server in
            _ = try await server.hospital().send(hl7: Self.visit())
            let referring = server.referring
            @Sendable func store(_ ring: [String: UInt8]) -> Store {
                Store(
                    vault: .test(ring: ring, current: "two"), ids: referring.store.ids, rules: .inForce,
                    matching: referring.store.matching, times: referring.store.times,
                    linkages: referring.store.linkages,
                    bedside: referring.store.bedside)
            }
            _ = try await referring.work {
                try await store(["one": 1, "two": 2]).renewKeys(after: nil, atMost: 100, in: $0)
            }
            let name = try await referring.work { work in
                let id = try #require(
                    try await store(["two": 2]).suggestions(.open, before: nil, atMost: 1, in: work).first
                ).suggestionID
                return try store(["two": 2]).visit(
                    of: try await store(["two": 2]).suggestion(id, in: work), in: work)?.person.familyName
            }
            #expect(name == "Quixote")
        }
    }
}
