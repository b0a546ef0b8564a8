import FoundationEssentials
import Models
import SchedulingDomain
import TestKit
import Testing

@Suite struct ProgrammeTests {
    @Test("every programme's data file follows the schema", arguments: ProgrammeCatalogue.dataFiles)
    func schema(_ file: [UInt8]) throws {
        #expect(try JSONSchema(ProgrammeCatalogue.schema).faults(in: file).isEmpty)
    }

    @Test("a data file with a rule that nobody knows is a fault")
    func unknownMember() throws {
        let text = String(decoding: ProgrammeCatalogue.dataFiles[1], as: UTF8.self)
        let broken = text.replacing("\"withinHours\": 48", with: "\"withinHours\": 48, \"perhaps\": true")
        #expect(try !JSONSchema(ProgrammeCatalogue.schema).faults(in: Array(broken.utf8)).isEmpty)
    }

    @Test("the built-in programmes have no flaw and continue with each other")
    func soundness() throws {
        let catalogue = try ProgrammeCatalogue.builtIn()
        #expect(catalogue.all.map(\.code) == [.criticalTimeIntervention, .overdoseFollowUp, .recoveryCheckUps])
        #expect(catalogue.all.allSatisfy { $0.flaws.isEmpty })
        #expect(catalogue.model(.overdoseFollowUp, version: 1) != nil)
        #expect(catalogue.model(.overdoseFollowUp, version: 2) == nil)
    }

    @Test(
        "a model that breaks a rule is refused, in words",
        arguments: [
            (#""phaseLengths": [{ "weeks": 8 }]"#, #""phaseLengths": []"#, "lengths for 1 phases"),
            (#""code": "follow-up""#, #""code": "closed""#, "where plans end"),
            (
                #""everyWeeks": 1, "first": 2, "earlyDays": 3"#, #""everyWeeks": 1, "first": 2, "earlyDays": 4"#,
                "overlap"
            ),
            (#""everyWeeks": 1, "first": 2"#, #""everyWeeks": 1, "first": 0"#, "repeats in no time"),
            (#""withinHours": 48"#, #""withinHours": 0"#, "within no time"),
            (#""afterClosing": ["completed", "lost"]"#, #""afterClosing": ["lost"]"#, "without continuing care"),
        ]
    )
    func flaws(_ sound: String, _ broken: String, _ words: String) throws {
        let text = String(decoding: ProgrammeCatalogue.dataFiles[1], as: UTF8.self)
        let changed = text.replacing(sound, with: broken)
        try #require(changed != text)
        let model = try JSONDecoder().decode(ProgrammeModel.self, from: Data(changed.utf8))
        #expect(model.flaws.contains { $0.description.contains(words) }, "\(model.flaws)")
        #expect(throws: ProgrammeFlaw.self) { try ProgrammeCatalogue([model]) }
    }

    @Test("two models of one code and version are refused")
    func doubled() {
        #expect(throws: ProgrammeFlaw.self) { try ProgrammeCatalogue([.checkUps, .checkUps]) }
    }

    @Test("Critical Time Intervention has three equal phases and ends within nine months, adaptations aside")
    func criticalTimeIntervention() {
        #expect(ProgrammeModel.cti.phases.map(\.code.rawValue) == ["transition", "try-out", "transfer-of-care"])
        for option in ProgrammeModel.cti.options {
            #expect(Set(option.phaseLengths).count == 1)
            let months = option.phaseLengths.map { if case .months(let count) = $0 { count } else { 99 } }
            #expect(option.adaptation != nil || months.reduce(0, +) <= 9, "\(option.code)")
        }
        #expect(ProgrammeModel.cti.focusAreas?.maximum == 3)
    }
}
