import FoundationEssentials
import Models
import TestKit
import Testing

@testable import ReferralsDomain

@Suite("Whether two identities are one person's")
struct MatchRulesTests {
    static let rosa = PersonIdentity(
        givenName: "Rosa", familyName: "Kelanberg", birthDate: CivilDate(year: 1984, month: 3, day: 12),
        phone: "609-555-0143", postalCode: "08611", gender: .female
    )

    struct Pair: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let verdict: IdentityMatch.Verdict
        let change: @Sendable (inout PersonIdentity) -> Void

        init(
            _ verdict: IdentityMatch.Verdict, _ name: String,
            _ change: @escaping @Sendable (inout PersonIdentity) -> Void
        ) {
            (self.verdict, testDescription, self.change) = (verdict, name, change)
        }
    }

    static let pairs = [
        Pair(.same, "the same again") { _ in },
        Pair(.same, "a mistyped family name") { $0.familyName = "Kelenberg" },
        Pair(.same, "an accent, a suffix, a middle name") {
            ($0.givenName, $0.familyName) = ("ROSA Elena", "Kélanberg Jr.")
        },
        Pair(.same, "a diminutive") { $0.givenName = "Rosita" },
        Pair(.same, "first and last name in each other's place") {
            ($0.givenName, $0.familyName) = ("Kelanberg", "Rosa")
        },
        Pair(.same, "day and month in each other's place") {
            $0.birthDate = CivilDate(year: 1984, month: 12, day: 3)
        },
        Pair(.same, "two digits of the birth date in each other's place") {
            $0.birthDate = CivilDate(year: 1984, month: 3, day: 21)
        },
        Pair(.same, "a married name, with the old phone") { $0.familyName = "Okafor" },
        Pair(.same, "another phone and another town") { ($0.phone, $0.postalCode) = ("856-555-0199", "07030") },
        Pair(.possible, "a married name, another phone and no address") {
            ($0.familyName, $0.phone, $0.postalCode) = ("Okafor", "856-555-0199", nil)
        },
        Pair(.possible, "a twin") { $0.givenName = "Carmen" },
        Pair(.possible, "a twin brother") { ($0.givenName, $0.gender) = ("Carlos", .male) },
        Pair(.possible, "a given name that is a letter off: a typing error, or a twin") { $0.givenName = "Roza" },
        Pair(.possible, "no birth date") { $0.birthDate = nil },
        Pair(.possible, "an initial") { $0.givenName = "R." },
        Pair(.possible, "a twin of whom only the initial is known") {
            ($0.givenName, $0.phone) = ("C.", "856-555-0199")
        },
        Pair(.possible, "a parent of the same name") { $0.birthDate = CivilDate(year: 1954, month: 3, day: 12) },
        Pair(.different, "a sister") {
            ($0.givenName, $0.birthDate) = ("Carmen", CivilDate(year: 1988, month: 11, day: 2))
            $0.postalCode = "07030"
        },
        Pair(.different, "somebody else at the same telephone") {
            ($0.givenName, $0.familyName) = ("Ngozi", "Moronston")
            $0.birthDate = CivilDate(year: 1991, month: 7, day: 30)
        },
        Pair(.different, "somebody of the same birthday") {
            ($0.givenName, $0.familyName, $0.phone) = ("Ngozi", "Moronston", "856-555-0199")
        },
        Pair(.different, "a nameless patient") {
            $0 = PersonIdentity(
                givenName: "Jane", familyName: "Doe", birthDate: CivilDate(year: 1900, month: 1, day: 1),
                gender: .female
            )
        },
        Pair(.different, "nothing but a gender") { $0 = PersonIdentity(gender: .female) },
    ]

    @Test("each kind of difference leads where it should, whichever of the two came first", arguments: pairs)
    func verdicts(_ pair: Pair) throws {
        let rules = try MatchRules.standard()
        var other = Self.rosa
        pair.change(&other)
        let match = rules.compare(Self.rosa, other)
        #expect(match.verdict == pair.verdict, "\(match)")
        #expect(rules.compare(other, Self.rosa) == match)
    }

    @Test("a second number at the same hospital is looked at by a person, however well the rest agrees")
    func secondNumber() throws {
        let rules = try MatchRules.standard()
        var (one, other) = (Self.rosa, Self.rosa)
        one.identifiers = [.init(system: "urn:hospital:1", value: "100")]
        other.identifiers = [.init(system: "urn:hospital:2", value: "900")]
        #expect(rules.compare(one, other).verdict == .same)
        other.identifiers.append(.init(system: "urn:hospital:1", value: "101"))
        #expect(rules.compare(one, other).verdict == .possible)
        other.identifiers.append(.init(system: "urn:hospital:1", value: " 100 "))
        #expect(rules.compare(one, other).verdict == .same)
    }

    @Test("father and son say which of the two they are")
    func generations() throws {
        var (father, son) = (Self.rosa, Self.rosa)
        (father.familyName, son.familyName) = ("Kelanberg Sr.", "Kelanberg II")
        let match = try MatchRules.standard().compare(father, son)
        #expect(match.verdict == .possible)
        #expect(match.agreements.contains { $0.field == .nameSuffix && $0.level == .different })
    }

    @Test(
        "what a family name says beside itself",
        arguments: [
            ("García-López", ["garcia", "lopez"], nil), ("Smith Jr.", ["smith"], 2), ("SMITH, II", ["smith"], 2),
            ("Smith Sr", ["smith"], 1), ("III", ["iii"], nil), ("Smith IV", ["smith"], 4), ("", [], nil),
        ] as [(String, [String], Int?)])
    func familyNames(_ name: String, _ parts: [String], _ generation: Int?) {
        #expect(NameNormalisation.familyParts(name) == parts)
        #expect(NameNormalisation.generation(name) == generation)
    }

    @Test("a number is contradicted by two of given name, family name and birth date, not by one or by a slip")
    func contradiction() throws {
        let rules = try MatchRules.standard()
        func contradicts(_ change: (inout PersonIdentity) -> Void) -> Bool {
            var other = Self.rosa
            change(&other)
            return rules.compare(Self.rosa, other).contradictsNumber
        }
        let date = CivilDate(year: 1991, month: 7, day: 30)
        #expect(!contradicts { $0.familyName = "Okafor" })
        #expect(!contradicts { ($0.givenName, $0.familyName) = ("Kelanberg", "Rosa") })
        #expect(!contradicts { ($0.givenName, $0.birthDate) = (nil, date) })
        #expect(contradicts { ($0.givenName, $0.birthDate) = ("Ngozi", date) })
        #expect(contradicts { ($0.givenName, $0.familyName) = ("Ngozi", "Okafor") })
        #expect(contradicts { ($0.familyName, $0.birthDate) = ("Okafor", date) })
    }

    @Test("a shelter's telephone is no evidence, a household's is")
    func shelters() throws {
        let rules = try MatchRules.standard()
        var guest = PersonIdentity(givenName: "Ngozi", familyName: "Moronston", phone: "+1 (609) 555-0143")
        #expect(rules.newcomer(Self.rosa, among: Array(repeating: guest, count: 6)) == Self.rosa)
        #expect(rules.newcomer(Self.rosa, among: Array(repeating: guest, count: 7)).phone == nil)
        guest.phone = "856-555-0199"
        #expect(rules.newcomer(Self.rosa, among: Array(repeating: guest, count: 50)) == Self.rosa)
    }

    @Test("to share a rare name says more than to share a common one")
    func rareNames() throws {
        let rules = try MatchRules.standard()
        var (smith, other) = (Self.rosa, Self.rosa)
        (smith.familyName, other.familyName) = ("Smith", "SMITH")
        #expect(rules.compare(smith, other).score < rules.compare(Self.rosa, Self.rosa).score)
    }

    @Test("what is missing is no evidence, and the explanation names fields, never values")
    func explanation() throws {
        var other = Self.rosa
        (other.phone, other.postalCode, other.gender, other.givenName) = (nil, "08612", .unknown, "Rosita")
        let match = try MatchRules.standard().compare(Self.rosa, other)
        #expect(match.agreements.map(\.field) == [.givenName, .familyName, .birthDate, .postalCode])
        #expect(match.agreements.map(\.level) == [.nickname, .same, .same, .area])
        #expect(!"\(match)".contains("Rosita") && !"\(match)".contains("1984"))
    }

    @Test("two initials that are the same letter are not joined either")
    func initials() throws {
        var (one, other) = (Self.rosa, Self.rosa)
        (one.givenName, other.givenName) = ("R", "R.")
        #expect(try MatchRules.standard().compare(one, other).verdict == .possible)
    }

    @Test("of two who are both the same person a person chooses")
    func chosen() {
        let same = IdentityMatch(verdict: .same, score: 9000, agreements: [])
        let possible = IdentityMatch(verdict: .possible, score: 100, agreements: [])
        #expect(IdentityMatch.chosen(of: [("a", possible), ("b", same)]) == "b")
        #expect(IdentityMatch.chosen(of: [("a", same), ("b", same)]) == nil)
        #expect(IdentityMatch.chosen(of: [("a", possible)]) == nil)
    }

    @Test(
        "Jaro-Winkler as Winkler published it",
        arguments: [
            ("martha", "marhta", 0.961), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.813),
            ("jones", "johnson", 0.832),
            ("abroms", "abrams", 0.922), ("itman", "smith", 0.467), ("", "a", 0), ("", "", 0), ("a", "a", 1),
            ("ab", "cd", 0),
        ])
    func jaroWinkler(_ left: String, _ right: String, _ expected: Double) {
        #expect(abs(JaroWinkler.similarity(left, right) - expected) < 0.001)
        #expect(JaroWinkler.similarity(left, right) == JaroWinkler.similarity(right, left))
    }

    @Test(
        "weights are binary logarithms in thousandths",
        arguments: [(1.0, 0), (2, 1000), (0.5, -1000), (10, 3322), (0.001, -9966)])
    func logarithms(_ ratio: Double, _ expected: Int) {
        #expect(MatchWeights.thousandths(ratio) == expected)
    }

    @Test("policy and names follow their schemas, and every level that can arise has its weight")
    func files() throws {
        let policy = try MatchPolicy.standard()
        #expect(try JSONSchema(MatchPolicy.schema).faults(in: Array(JSONEncoder().encode(policy))) == [])
        #expect(try JSONSchema(PersonNames.schema).faults(in: PersonNames.standardFile) == [])
        #expect(Set(policy.fields.map(\.field)) == Set(MatchField.allCases))
        for field in policy.fields {
            // One and the same pair cannot compare in two ways. What is stated in one identity only is not counted.
            #expect(field.levels.map(\.m).reduce(0, +) <= 1.001 && field.levels.map(\.u).reduce(0, +) <= 1.001)
            #expect(Set(field.levels.map(\.level)).count == field.levels.count)
        }
    }

    @Test("the keys by which a person is compared hold also where a name or date is written otherwise")
    func keys() {
        func shared(_ change: (inout PersonIdentity) -> Void) -> Set<IndexKey.Kind> {
            var other = Self.rosa
            change(&other)
            return Set(Self.rosa.indexKeys.intersection(other.indexKeys).map(\.kind))
        }
        #expect(shared { swap(&$0.givenName, &$0.familyName) } == [.phone, .birthDate, .namePhonetic])
        #expect(shared { ($0.birthDate, $0.phone) = (nil, nil) } == [.namePhonetic])
        #expect(shared { ($0.familyName, $0.phone) = ("Okafor", nil) } == [.birthDate])
        #expect(shared { ($0.familyName, $0.phone) = ("Doe", nil) } == [.birthDate])
    }
}
