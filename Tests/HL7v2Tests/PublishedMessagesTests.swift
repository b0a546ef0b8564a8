import Foundation
import HL7v2
import Testing

/// Messages that others have published, beside this package.
private enum PublishedMessages {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/data/hl7v2")

    static let all: [(name: String, bytes: [UInt8])] = {
        let files =
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        return files.filter { $0.pathExtension == "hl7" }.sorted { $0.path < $1.path }.compactMap { file in
            FileManager.default.contents(atPath: file.path).map { (file.lastPathComponent, Array($0)) }
        }
    }()
}

@Suite(
    "Published HL7 v2 messages",
    .enabled(
        if: !PublishedMessages.all.isEmpty, "the published messages (../shared/data/hl7v2) are not beside this package")
)
struct PublishedMessagesTests {
    @Test("every message is read, or refused with a reason")
    func read() throws {
        var refused: [String: HL7Fault] = [:]
        for (name, bytes) in PublishedMessages.all {
            do throws(HL7Fault) {
                let message = try HL7Message(bytes)
                #expect(!message.type.code.isEmpty, "\(name)")
                // Every byte but the header's marks is in a field: written out again, the text is the same.
                let lines = String(decoding: bytes, as: UTF8.self).replacing("\u{FEFF}", with: "")
                    .split(whereSeparator: \.isNewline)
                #expect(message.segments.map(\.name) == lines.map { String($0.prefix(3)) }, "\(name)")
            } catch {
                refused[name] = error
            }
        }
        print("HL7 v2: \(PublishedMessages.all.count - refused.count) read, \(refused.count) refused, 0 crashed")
        for (name, fault) in refused { print("HL7 v2: \(name) refused: \(fault)") }
        #expect(refused["invalid-missing-msh.hl7"] == HL7Fault(.noHeader))
    }

    @Test("names and dates of people are found where the standard has them")
    func people() throws {
        for (name, bytes) in PublishedMessages.all {
            guard let message = try? HL7Message(bytes), let person = message.first("PID") else { continue }
            #expect(person.text(5) != nil || person.text(5, 2) != nil, "\(name)")
            if let born = person.text(7) { #expect(HL7DateTime(born)?.date != nil, "\(name)") }
        }
    }
}
