import HL7v2
import Models
import Testing

@Suite("Answers in HL7 v2") struct AcknowledgementTests {
    private let now = Instant(unixSeconds: 1_795_309_384)

    @Test("an answer goes back to where the message came from, in its marks, with its number")
    func accepted() throws {
        let sent = try HL7Message(Array("MSH#!@%*#EPIC#MERCY#HANDRAIL#NORTH#2026##ADT!A04#77#T#2.4".utf8))
        let bytes = HL7Acknowledgement(.accepted).message(to: sent, controlID: "a1", at: now)
        let answer = try HL7Message(bytes)
        #expect(answer.delimiters == sent.delimiters)
        #expect((3...6).map { answer.header.text($0) } == ["HANDRAIL", "NORTH", "EPIC", "MERCY"])
        #expect(answer.type == ("ACK", "A04") && answer.header.text(11) == "T" && answer.header.text(12) == "2.4")
        #expect(answer.first("MSA")?.text(1) == "AA" && answer.first("MSA")?.text(2) == "77")
        #expect(answer.controlID == "a1" && answer.first("ERR") == nil)
        #expect(bytes.last == 0x0D && !bytes.contains(0x0A))
    }

    @Test("a fault says where, with which code, and in words, and no mark in them breaks the answer")
    func faults() throws {
        let sent = try HL7Message(Array(MessageTests.header.utf8))
        let fault = HL7Acknowledgement.Fault(location: "PID^1^5", code: 101, text: "a|b^c~d\\e&f\ng")
        let bytes = HL7Acknowledgement(.error, faults: [fault]).message(to: sent, controlID: "a1", at: now)
        let error = try #require(try HL7Message(bytes).first("ERR"))
        #expect(error.text(2) == "PID" && error.text(2, 2) == "1" && error.text(2, 3) == "5")
        #expect(error.text(3) == "101" && error.text(4) == "E")
        #expect(error.text(8) == fault.text)
    }

    @Test("what could not be read is answered too")
    func unread() throws {
        let bytes = HL7Acknowledgement(.rejected).message(to: nil, controlID: "a1", at: now)
        #expect(try HL7Message(bytes).first("MSA")?.text(1) == "AR")
    }
}
