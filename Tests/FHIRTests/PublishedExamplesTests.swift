import FHIR
import Foundation
import FoundationXML
import JSON
import Models
import TestKit
import Testing

@Suite("Published examples", .enabled(if: PublishedExamples.folder != nil, PublishedExamples.skipReason))
struct PublishedExamplesTests {
    @Test("every resource is read and written again with nothing lost")
    func survive() throws {
        #expect(PublishedExamples.all.count > 200)
        for (name, bytes) in PublishedExamples.all {
            let document = try FHIRDocument.parse(bytes)
            let written = document.serialized()
            #expect(try FHIRDocument.parse(written) == document, "\(name)")
            // Read with other eyes than the parser's: punctuation and numbers as written, strings by Foundation.
            #expect(try tokens(of: written) == tokens(of: bytes), "\(name)")
        }
    }

    @Test("every resource that XML has a place for goes out as XML and comes back with nothing lost")
    func throughXML() throws {
        var (same, without): (Int, [String]) = (0, [])
        for (name, bytes) in PublishedExamples.all {
            let document = try FHIRDocument.parse(bytes)
            let written: [UInt8]
            do throws(R4.Refusal) {
                written = try document.serializedXML()
            } catch {
                without.append(name)
                continue
            }
            #expect(try FHIRDocument.parse(xml: written).canonical() == document.canonical(), "\(name)")
            // Foundation's parser, which we did not write, finds it well-formed.
            #expect(Self.isWellFormed(written), "\(name)")
            same += 1
        }
        #expect(same > 150, "not written as XML: \(without.joined(separator: ", "))")
    }

    private static func isWellFormed(_ bytes: [UInt8]) -> Bool { XMLParser(data: Data(bytes)).parse() }

    @Test("an edit changes what it names and nothing else")
    func edits() throws {
        for (name, bytes) in PublishedExamples.all {
            let document = try FHIRDocument.parse(bytes)
            let edited = document.settingStatus("active").setting(["status"], to: document.json["status"])
            #expect(edited == document, "\(name)")
            let ours = document.identified(id: "ours", version: 3, lastUpdated: .init(unixSeconds: 0))
            #expect(ours.id == "ours" && ours.versionID == "3", "\(name)")
            for member in document.json.members where member.name != "id" && member.name != "meta" {
                #expect(ours.json[member.name] == member.value, "\(name) \(member.name)")
            }
            for member in document.json["meta"]?.object?.members ?? []
            where member.name != "versionId" && member.name != "lastUpdated" {
                #expect(ours[["meta", .member(member.name)]] == member.value, "\(name) meta.\(member.name)")
            }
        }
    }

    @Test("what we have views for is taken, or refused with a reason and a place")
    func views() throws {
        var taken: [String: Int] = [:]
        var refused: [String] = []
        for (name, bytes) in PublishedExamples.all {
            let document = try FHIRDocument.parse(bytes)
            do throws(R4.Refusal) {
                guard try read(document) else { continue }
                taken[document.resourceType, default: 0] += 1
            } catch {
                #expect(error.issues.allSatisfy { !$0.diagnostics.isEmpty && !$0.expressions.isEmpty })
                refused.append("\(name): \(error.issues.map { "\($0.expressions) \($0.diagnostics)" })")
            }
        }
        // These are valid R4: to refuse one would be our fault.
        #expect(refused.isEmpty, "\(refused.joined(separator: "\n"))")
        for type in ["Patient", "Consent", "ServiceRequest", "Task", "Bundle", "Organization", "Encounter"] {
            #expect(taken[type, default: 0] > 0, "\(type)")
        }
    }

    @Test("posted as referrals, each is taken or refused with a reason")
    func referrals() throws {
        var takenOrders: [String] = []
        for (name, bytes) in PublishedExamples.all {
            let document = try FHIRDocument.parse(bytes)
            do throws(R4.Refusal) {
                switch document.resourceType {
                case "Bundle": _ = try ReferralReading.transaction(R4.Bundle(document))
                default: _ = try ReferralReading.order(document)
                }
                takenOrders.append(name)
            } catch {
                #expect(!error.issues.isEmpty, "\(name)")
                #expect(error.issues.allSatisfy { $0.severity == .error && !$0.diagnostics.isEmpty }, "\(name)")
            }
        }
        // No published example is an active order for peer support: the one for it is already completed.
        #expect(takenOrders.isEmpty)
    }

    @Test("the published order for peer mentoring is taken once its status is active")
    func peerMentoring() throws {
        let example = try #require(PublishedExamples.all.first { $0.name.contains("peer-mentoring") })
        let order = try FHIRDocument.parse(example.bytes).settingStatus("active")
        let referral = try ReferralReading.order(order)
        #expect(referral.person == .known(id: "bh-patient-example"))
    }

    @Test("a diagnostic never repeats a received value")
    func silence() throws {
        for (name, bytes) in PublishedExamples.all {
            let document = try FHIRDocument.parse(bytes)
            guard ["Patient", "Task", "ServiceRequest", "Consent", "Bundle"].contains(document.resourceType) else {
                continue
            }
            // Every string becomes a secret, so that every check that can fail does.
            let spoilt = spoil(.object(document.json), keepingType: true)
            guard let object = spoilt.object else { continue }
            do throws(R4.Refusal) {
                _ = try read(FHIRDocument(object))
            } catch {
                #expect(!"\(error.issues)".contains("Geheimnis"), "\(name)")
            }
        }
    }

    @Test("swapped types, missing parts and cut bodies are refused, never a crash")
    func mutations() throws {
        var generator = SeededGenerator(seed: 7)
        for (_, bytes) in PublishedExamples.all where bytes.count < 20_000 {
            for _ in 0..<12 {
                let document = try FHIRDocument.parse(bytes)
                var value = JSONValue.object(document.json)
                for _ in 0..<2 { value = mutate(value, &generator) }
                attempt(value.serialized())
            }
            attempt(Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator))))
        }
    }

    private func attempt(_ bytes: [UInt8]) {
        do throws(R4.Refusal) {
            let document = try FHIRDocument.parse(bytes)
            _ = try read(document)
            _ =
                document.resourceType == "Bundle"
                ? try ReferralReading.transaction(R4.Bundle(document)) : try ReferralReading.order(document)
        } catch {
            #expect(!error.issues.isEmpty)
        }
    }

    /// False where we have no view of the type.
    private func read(_ document: FHIRDocument) throws(R4.Refusal) -> Bool {
        switch document.resourceType {
        case "Patient": _ = try R4.Patient(document)
        case "Consent": _ = try R4.Consent(document)
        case "ServiceRequest": _ = try R4.ServiceRequest(document)
        case "Task": _ = try R4.Task(document)
        case "Bundle": _ = try R4.Bundle(document)
        case "Organization": _ = try R4.Organization(document)
        case "PractitionerRole": _ = try R4.PractitionerRole(document)
        case "Encounter": _ = try R4.Encounter(document)
        default: return false
        }
        return true
    }

    private func spoil(_ value: JSONValue, keepingType: Bool) -> JSONValue {
        switch value {
        case .string: "Geheimnis"
        case .array(let elements): .array(elements.map { spoil($0, keepingType: false) })
        case .object(let object):
            .object(object.mapValues { $0 == "resourceType" ? $1 : spoil($1, keepingType: false) })
        default: value
        }
    }

    private func mutate(_ value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
        switch value {
        case .object(let object) where !object.isEmpty && Int.random(in: 0..<4, using: &generator) > 0:
            var changed = object
            let name = object.names[Int.random(in: 0..<object.names.count, using: &generator)]
            changed[name] = mutate(object[name] ?? .null, &generator)
            return .object(changed)
        case .array(let elements) where !elements.isEmpty && Int.random(in: 0..<4, using: &generator) > 0:
            var changed = elements
            let index = Int.random(in: 0..<elements.count, using: &generator)
            changed[index] = mutate(elements[index], &generator)
            return .array(changed)
        default:
            let replacements: [JSONValue] = [
                .null, true, 1, "", "x", "Patient/1", [], [1], ["x"], [[:]], [:], ["reference": "#"], ["a": ["b": 1]],
            ]
            return replacements[Int.random(in: 0..<replacements.count, using: &generator)]
        }
    }

    private func tokens(of bytes: [UInt8]) throws -> [String] {
        var tokens: [String] = []
        var index = 0
        var plain = ""
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") {
                let start = index
                index += 1
                while bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
                index += 1
                tokens.append(plain)
                plain = ""
                let read = try JSONSerialization.jsonObject(
                    with: Data(bytes[start..<index]), options: .fragmentsAllowed)
                tokens.append("s" + (try #require(read as? String)))
            } else {
                let character = Character(Unicode.Scalar(bytes[index]))
                if !character.isWhitespace { plain.append(character) }
                index += 1
            }
        }
        return tokens + [plain]
    }
}
