import HL7v2
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import NIOCore
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Referrals by HL7 v2") struct HL7DoorTests {
    /// What an interface engine sends: the referring provider, the agency, and the patient.
    static func referral(
        event: String = "I12", placer: String? = "R-4711^MERCY", family: String = "Quixote", more: String = ""
    ) -> String {
        [
            #"MSH|^~\&|EPIC|MERCY|HANDRAIL|NORTH|20261122010304-0500||REF^\#(event)^REF_I12|C77|P|2.5.1"#,
            "RF1||S||||\(placer ?? "")|20261122",
            "PRD|RP^Referring Provider|Byron^Ada^^^DR||||^WPN^PH^^1^555^0100199|",
            "PRD|RT^Referred to Provider|Handrail",
            "PID|1||MR-1^^^MERCY&2.16.840.1.113883.19.5&ISO^MR~078-05-1120^^^SSA^SS||\(family)^Dulcinea^^^^^L||19880229"
                + "|F|||12 Mill St^^Toboso^NY^10001^USA^H||^PRN^CP^^1^555^0100123||ES",
            "PV1|1|E",
        ].joined(separator: "\r") + more
    }

    private static let stored = Statement(
        "test.stored", "select setting || ' ' || priority || ' ' || status from referral.referral order by referral_id")

    private static func told(_ server: PartnerServer) async throws -> [String] {
        try await server.referring.look(stored, as: String.self)
    }

    @Test("a referral is taken, answered with an RRI, and once however often it is sent")
    func taken() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let first = try await hospital.send(hl7: Self.referral())
            #expect(first.status == .ok, "\(first.text)")
            #expect(first.message.type == ("RRI", "I12"))
            #expect(first.message.first("MSA")?.text(1) == "AA" && first.message.first("MSA")?.text(2) == "C77")
            let answer = try #require(first.message.first("RF1"))
            #expect(answer.text(1) == "A", "from an emergency department it is accepted at once")
            #expect(answer.text(6) == "R-4711" && answer.text(6, 2) == "MERCY")
            #expect(first.message.first("PID")?.text(5) == "Quixote")
            let again = try await hospital.send(hl7: Self.referral())
            #expect(again.message.first("RF1")?.text(11) == answer.text(11))
            #expect(try await Self.told(server) == ["emergency-department stat accepted"])
            let other = try await hospital.send(hl7: Self.referral(more: "\rPV1|1|I").replacing("\rPV1|1|E", with: ""))
            #expect(other.status == .conflict && other.message.first("MSA")?.text(1) == "AE", "\(other.text)")
        }
    }

    @Test("who it is about is the same person through this door and through FHIR")
    func samePerson() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            _ = try await hospital.send(hl7: Self.referral())
            _ = try await hospital.send(hl7: Self.referral(placer: "R-4712^MERCY"))
            let person = try await server.referring.work { work in
                let id = try #require(
                    try await work.tx.query(
                        Statement("test.participants", "select participant_id from referral.participant")
                    )
                    .first?.decode(ParticipantID.self))
                return try #require(try await server.referring.store.participant(id, in: work)).identity
            }
            #expect((person.givenName, person.familyName) == ("Dulcinea", "Quixote"))
            #expect(person.birthDate?.description == "1988-02-29" && person.gender == .female)
            #expect(person.phone == "+1 555 0100123" && person.postalCode == "10001")
            #expect(
                person.identifiers == [
                    .init(system: "urn:oid:2.16.840.1.113883.19.5", value: "MR-1"),
                    .init(system: "http://hl7.org/fhir/sid/us-ssn", value: "078-05-1120"),
                ])
        }
    }

    @Test("the sender takes it back, once and again; what it never sent is not there")
    func takenBack() async throws {
        try await PartnerServer.with { server in
            let (hospital, other) = (try await server.hospital(), try await server.hospital("Other"))
            _ = try await hospital.send(hl7: Self.referral())
            for _ in 0..<2 {
                let back = try await hospital.send(hl7: Self.referral(event: "I14"))
                #expect(back.status == .ok && back.message.first("RF1")?.text(1) == "R", "\(back.text)")
            }
            #expect(try await Self.told(server) == ["emergency-department stat cancelled"])
            let foreign = try await other.send(hl7: Self.referral(event: "I14"))
            let nothing = try await other.send(hl7: Self.referral(event: "I14", placer: "no^MERCY"))
            #expect(foreign.status == .notFound && nothing.status == .notFound)
            #expect(foreign.message.first("ERR")?.text(8) == nothing.message.first("ERR")?.text(8))
        }
    }

    static let refused: [(String, HTTPResponse.Status, String, String?)] = [
        ("no message at all", .badRequest, "AR", nil),
        (referral().replacing("\rPID|", with: "\rPIX|"), .unprocessableContent, "AE", "PID"),
        (referral(placer: nil), .unprocessableContent, "AE", "RF1"),
        (referral().replacing("19880229", with: "29.2.1988"), .unprocessableContent, "AE", "PID"),
        (referral().replacing("|P|2.5.1", with: "|T|2.5.1"), .badRequest, "AR", "MSH"),
        (referral(event: "I13"), .badRequest, "AR", "MSH"),
        (referral().replacing("REF^I12", with: "ORU^R01"), .badRequest, "AR", "MSH"),
    ]

    @Test(
        "what cannot be taken is answered with the place and a reason, and nothing is stored",
        arguments: refused.indices)
    func refusal(_ index: Int) async throws {
        let (sent, status, code, segment) = Self.refused[index]
        try await PartnerServer.with { server in
            let answer = try await server.hospital().send(hl7: sent)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.message.first("MSA")?.text(1) == code)
            #expect(answer.message.first("ERR")?.text(2) == segment)
            #expect(answer.message.first("ERR")?.text(8)?.isEmpty == false)
            #expect(!answer.text.contains("Quixote"))
            #expect(try await Self.told(server).isEmpty)
        }
    }

    @Test("without a token, or without the scope, the answer is an acknowledgement too")
    func outside() async throws {
        try await PartnerServer.with { server in
            var hospital = try await server.hospital()
            hospital.scopes = "system/Task.r"
            let narrow = try await hospital.send(hl7: Self.referral())
            #expect(narrow.status == .forbidden && narrow.message.first("MSA")?.text(1) == "AR")
            let nobody = try await hospital.send(hl7: Self.referral(), token: "nonsense")
            #expect(nobody.status == .unauthorized && nobody.message.first("MSA")?.text(1) == "AR")
            let json = try await hospital.send(hl7: "{}", type: "application/json")
            #expect(json.status == .unsupportedMediaType && json.message.first("MSA")?.text(1) == "AR")
        }
    }
}

extension Sender {
    struct HL7Reply: Sendable {
        let status: HTTPResponse.Status
        let text: String
        let message: HL7Message
    }

    /// Sends a message as interface engines do over HTTP.
    func send(hl7 text: String, type: String = HL7Answer.mediaType, token: String? = nil) async throws -> HL7Reply {
        let response = try await server.client.execute(
            uri: HL7Routes.path, method: .post,
            headers: [.authorization: "Bearer \(token ?? "\(partnerID)|\(clientID)|\(scopes)")", .contentType: type],
            body: ByteBuffer(string: text)
        )
        let bytes = Array(response.body.readableBytesView)
        return HL7Reply(
            status: response.status, text: String(decoding: bytes, as: UTF8.self), message: try HL7Message(bytes))
    }
}
