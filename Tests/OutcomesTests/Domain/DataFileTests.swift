import FoundationEssentials
import Models
import OutcomesDomain
import TestKit
import Testing

@Suite("Data files")
struct DataFileTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Services/Outcomes/Domain/Data")

    private static func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    @Test("every data file follows the schema that it names and that lies beside it")
    func schemas() throws {
        struct Named: Decodable {
            let schema: String
            enum CodingKeys: String, CodingKey { case schema = "$schema" }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
            .filter { !$0.hasSuffix(".schema.json") }
        #expect(names.count == 4)
        for name in names {
            let file = try Self.read(name)
            let schema = try JSONDecoder().decode(Named.self, from: Data(file)).schema
            #expect(try JSONSchema(Self.read(schema)).faults(in: file) == [], "\(name)")
        }
    }

    @Test("what is built into the program is what the files say")
    func builtIn() throws {
        let catalogue = try InstrumentCatalogue.builtIn()
        #expect(catalogue.all.map(\.code) == [.barc10, .phq9])
        for name in ["barc-10.json", "phq-9.json"] {
            let instrument = try JSONDecoder().decode(Instrument.self, from: Data(try Self.read(name)))
            #expect(catalogue.instrument(instrument.code) == instrument)
            #expect(!instrument.notice.isEmpty)
        }
        #expect(try AssessmentSchedule.builtIn().entries.map(\.instrument) == [.barc10, .phq9])
        #expect(try MeasureCatalogue.builtIn().all.count == 8)
    }

    @Test(
        "an instrument that contradicts itself is refused by name",
        arguments: [
            (#""code": "9",\#n      "coding": "44260-8""#, #""code": "8",\#n      "coding": "44260-8""#),
            (#""item": "9""#, #""item": "10""#), (#""maximum": 27"#, #""maximum": 30"#),
            (#""from": 5"#, #""from": 4"#), (#""answerList": "difficulty""#, #""answerList": "none""#),
        ]
    )
    func refusesNonsense(_ old: String, _ new: String) throws {
        let text = String(decoding: try Self.read("phq-9.json"), as: UTF8.self)
        let changed = text.replacing(old, with: new)
        #expect(changed != text)
        let refused = #expect(throws: DomainDataError.self) {
            try InstrumentCatalogue(files: [("phq-9.json", Array(changed.utf8))])
        }
        #expect(refused?.file == "phq-9.json")
    }

    private static let published = folder.appending(path: "../../../../../shared/data/fhir-r4")
    private static let isPublishedThere = FileManager.default.fileExists(atPath: published.path())

    private struct QuestionnaireResponse: Decodable {
        struct Item: Decodable {
            struct Value: Decodable {
                struct Coding: Decodable { let code: String }
                let valueCoding: Coding?
                let valueDecimal: Double?
            }
            let linkId: String
            let answer: [Value]
        }
        let item: [Item]
    }

    @Test(
        "a published PHQ-9 response scores what its authors say, by its LOINC codes alone",
        .enabled(if: isPublishedThere, "the published FHIR examples are not beside this tree")
    )
    func publishedResponse() throws {
        let file = Self.published.appending(path: "bhp/QuestionnaireResponse-phq-9-example-1.json")
        let response = try JSONDecoder().decode(QuestionnaireResponse.self, from: Data(contentsOf: file))
        let instrument = try #require(InstrumentCatalogue.builtIn().instrument(.phq9))
        var given: [Answer] = []
        var total: Double?
        for item in response.item {
            let code = item.linkId.dropFirst()
            if let ours = instrument.items.first(where: { $0.coding ?? "" == code }) {
                given.append(Answer(item: ours.code, code: item.answer.first?.valueCoding?.code))
            } else if instrument.coding?.total ?? "" == code {
                total = item.answer.first?.valueDecimal
            }
        }
        #expect(given.count == 10)
        let score = Score(try Answers(given, to: instrument), to: instrument)
        #expect(score.value.map(Double.init) == total)
        #expect(score.value == 12)
        #expect(score.band?.code == "moderate")
    }
}
