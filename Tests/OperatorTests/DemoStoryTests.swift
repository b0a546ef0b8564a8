import Foundation
import Models
import TestKit
import Testing

@testable import Operator

/// What the demo makes up before it plays it.
@Suite("Demo stories") struct DemoStoryTests {
    private let start = Instant(unixSeconds: 1_700_000_000)
    private var end: Instant { start + .seconds(730 * 86_400) }

    private func stories(seed: UInt64, _ count: Int = 500) throws -> [Story] {
        StoryTeller(model: try DemoModel.builtIn(), random: SeededRandom(seed: seed))
            .stories(count, from: start, until: end)
    }

    @Test("the model follows its schema, and the schema refuses what it does not know")
    func schema() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Services/Operator/Demo/Data")
        let schema = try JSONSchema(Array(Data(contentsOf: folder.appending(path: "demo-agency.schema.json"))))
        let document = try Data(contentsOf: folder.appending(path: "demo-agency.json"))
        #expect(try schema.faults(in: Array(document)) == [])
        #expect(try schema.faults(in: Array(#"{"hospitals": [1]}"#.utf8)) != [])
    }

    @Test("the same seed tells the same stories, another seed others")
    func repeatable() throws {
        let (one, same, other) = (try stories(seed: 1), try stories(seed: 1), try stories(seed: 2))
        #expect(one.map { "\($0)" } == same.map { "\($0)" })
        #expect(one.map { "\($0)" } != other.map { "\($0)" })
    }

    @Test("everybody is referred within the time asked for, in order, and more in its second half")
    func times() throws {
        let stories = try stories(seed: 3)
        #expect(stories.map(\.number) == Array(1...500))
        #expect(stories.map(\.referredAt) == stories.map(\.referredAt).sorted())
        #expect(stories.allSatisfy { $0.referredAt >= start && $0.referredAt < end })
        let middle = start + .seconds(365 * 86_400)
        #expect(stories.filter { $0.referredAt >= middle }.count > stories.filter { $0.referredAt < middle }.count)
        for story in stories {
            guard let again = story.again else { continue }
            #expect(again.at > story.referredAt && again.at < end)
        }
    }

    @Test("nobody is taken for somebody else: no name comes with the same birth date twice")
    func persons() throws {
        let stories = try stories(seed: 1)
        #expect(Set(stories.map { "\($0.given) \($0.family) \($0.birthDate)" }).count == stories.count)
    }

    @Test("shares are kept: each door, outcome and course comes about as often as its weight says")
    func shares() throws {
        let model = try DemoModel.builtIn()
        let stories = try stories(seed: 5, 4000)
        let total = model.doors.reduce(0) { $0 + $1.share }
        for door in model.doors {
            let expected = Double(door.share) / Double(total)
            let found = Double(stories.filter { $0.door.setting == door.setting }.count) / 4000
            // Five standard deviations of a binomial share.
            #expect(abs(found - expected) < 5 * (expected * (1 - expected) / 4000).squareRoot(), "\(door.setting)")
        }
    }
}
