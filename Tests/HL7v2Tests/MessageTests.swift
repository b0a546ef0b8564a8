import HL7v2
import Models
import Testing

@Suite("Reading HL7 v2 messages") struct MessageTests {
    static func message(_ text: String) throws(HL7Fault) -> HL7Message { try HL7Message(Array(text.utf8)) }

    static let header = #"MSH|^~\&|EPIC|MERCY|HANDRAIL|AGENCY|20261122010304-0500||ADT^A04^ADT_A01|77|P|2.5.1"#

    @Test(
        "fields, components, subcomponents and repetitions are found by their numbers, MSH counted as the standard does"
    )
    func places() throws {
        let message = try Self.message(
            Self.header + "\r" + #"PID|1||4711^^^MERCY&1.2.3&ISO^MR~999^^^SSA^SS||O'Neil^Robin^^^^^L~Neil^Rob|"#)
        #expect(message.type == ("ADT", "A04"))
        #expect(message.controlID == "77")
        #expect(message.header.text(1) == "|" && message.header.text(2) == #"^~\&"#)
        #expect(message.header.text(12) == "2.5.1")
        let person = try #require(message.first("PID"))
        #expect(person.text(3, 4) == "MERCY" && person.text(3, 4, 2) == "1.2.3")
        #expect(person.repetitions(3).map { $0.text(5) } == ["MR", "SS"])
        #expect(person.text(5, 2) == "Robin" && person.text(5, 2, repetition: 2) == "Rob")
        for (field, component, subcomponent) in [(2, 1, 1), (5, 3, 1), (5, 9, 1), (3, 4, 9), (99, 1, 1), (0, 1, 1)] {
            #expect(person.text(field, component, subcomponent) == nil, "\(field).\(component).\(subcomponent)")
        }
    }

    @Test(
        "escapes give back what they stand for, and what is no escape stays",
        arguments: [
            (#"Smith \T\ Sons"#, "Smith & Sons"), (#"a\F\b\S\c\R\d\E\e"#, #"a|b^c~d\e"#), (#"\H\loud\N\"#, "loud"),
            (#"one\.br\two"#, "one\ntwo"), (#"\X41C3A9\"#, "Aé"), (#"\X4\"#, #"\X4\"#), (#"C:\temp"#, #"C:\temp"#),
            (#"\Zown\x"#, "x"), (#"\Q\"#, #"\Q\"#), (#"50\"#, #"50\"#),
        ])
    func escapes(_ sent: String, _ meant: String) throws {
        let message = try Self.message(Self.header + "\rNTE|1||\(sent)")
        #expect(message.first("NTE")?.text(3) == meant)
    }

    @Test("a value to be deleted is none, and is told from one that was not sent")
    func deleted() throws {
        let segment = try #require(try Self.message(Self.header + #"\#rPID|1||||"""#).first("PID"))
        #expect(segment.text(5) == nil && segment.isDeleted(5))
        #expect(segment.text(4) == nil && !segment.isDeleted(4))
    }

    @Test("marks of the sender's own, line ends of any kind, a byte order mark and segments of a site's own are taken")
    func lenient() throws {
        let text =
            "\u{FEFF}\nMSH#!@%*#S#F#R#F#20260301##ADT!A01#7#P#2.5\r\nPID#1##5!!!MRN##DOE!JOHN@ROE!JO\n\nZDR#1#a*b\r"
        let message = try Self.message(text)
        #expect(message.segments.map(\.name) == ["MSH", "PID", "ZDR"])
        #expect(message.first("PID")?.repetitions(5).map { $0.text(2) } == ["JOHN", "JO"])
        #expect(message.first("ZDR")?.text(2, 1, 2) == "b")
    }

    @Test(
        "names keep their accents, whatever western character set they were sent in",
        arguments: [
            ("", [0x4D, 0xFC, 0x6C]), ("8859/1", [0x4D, 0xFC, 0x6C]), ("", [0x4D, 0xC3, 0xBC, 0x6C]),
            ("UNICODE UTF-8", [0x4D, 0xC3, 0xBC, 0x6C]),
        ] as [(String, [UInt8])])
    func accents(_ declared: String, _ name: [UInt8]) throws {
        let header = Self.header + "||||||" + declared
        let message = try HL7Message(Array((header + "\rPID|1||||").utf8) + name)
        #expect(message.first("PID")?.text(5) == "Mül")
    }

    static let broken: [(String, HL7Fault)] = [
        ("", HL7Fault(.noHeader)), ("PID|1", HL7Fault(.noHeader)), ("MSH", HL7Fault(.noHeader)),
        ("MSHA^~\\&A", HL7Fault(.delimiters, segment: 1)), ("MSH||", HL7Fault(.delimiters, segment: 1)),
        ("MSH|^^~&|", HL7Fault(.delimiters, segment: 1)), ("MSH|^~\\|&|", HL7Fault(.segmentName, segment: 2)),
        (header + "\rpid|1", HL7Fault(.segmentName, segment: 2)),
        (header + "\rPI|1", HL7Fault(.segmentName, segment: 2)),
        (header + "\r" + header, HL7Fault(.severalMessages, segment: 2)),
        (header + "||||||8859/5\rPID|1||||Ж", HL7Fault(.characters)),
        (header + String(repeating: "\rNTE|1", count: 100_000), HL7Fault(.tooLong, segment: 5001)),
        (header + String(repeating: "x", count: 1 << 20), HL7Fault(.tooLong)),
    ]

    @Test("what is no message is refused with a reason that quotes nothing of it", arguments: broken.indices)
    func refused(_ index: Int) {
        let (text, fault) = Self.broken[index]
        if text == "MSH|^~\\|&|" {
            // The marks end at the field separator: three are enough.
            #expect((try? Self.message(text)) != nil)
            return
        }
        #expect(throws: fault) { try Self.message(text) }
    }

    @Test("no bytes crash the reader")
    func noise() {
        var random = SystemRandomNumberGenerator()
        let seed = Array((Self.header + "\rPID|1||4711^^^M~9||A^B\\T\\&C\r").utf8)
        for _ in 0..<3000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            do throws(HL7Fault) {
                let message = try HL7Message(bytes)
                for segment in message.segments {
                    for field in 0...25 { for repetition in segment.repetitions(field) { _ = repetition.text(2, 2) } }
                }
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
