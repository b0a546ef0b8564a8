import Models
import ReferralsDomain
import TestKit

/// A made-up human being, as they are: what senders write of them is ``MadeUpSender``'s.
struct MadeUpPerson: Hashable, Sendable {
    var given: String
    var family: String
    var suffix: String?
    var female: Bool
    var birthDate: CivilDate
    var phone: String?
    var postalCode: String
}

/// The people of a county who may come to an agency. Those who are easily taken for one another are far more frequent
/// than in life: the precision that is measured with them is lower than an agency would see.
struct MadeUpPeople {
    /// What the other half of a pair is to the first.
    private enum Relation: CaseIterable {
        case twin, parentOfTheSameName, sibling, spouse
    }

    private(set) var people: [MadeUpPerson] = []
    private var random: SeededGenerator
    private let shelterPhones: [String]

    /// - Parameter count: about how many.
    init(_ count: Int, seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var phones: [String] = []
        for _ in 0..<12 { phones.append(Self.phone(&random)) }
        shelterPhones = phones
        while people.count < count { addHousehold() }
    }

    private mutating func addHousehold() {
        let first = person()
        people.append(first)
        // One household in four holds somebody who is easily taken for the first, evenly of all four kinds.
        guard Int.random(in: 0..<100, using: &random) < 25 else { return }
        people.append(relative(of: first, MadeUpNames.one(of: Relation.allCases, &random)))
    }

    private mutating func person() -> MadeUpPerson {
        let female = Bool.random(using: &random)
        var person = MadeUpPerson(
            given: MadeUpNames.given(female: female, &random), family: MadeUpNames.family(&random), female: female,
            birthDate: Self.birthDate(1950...2006, &random), phone: Self.phone(&random),
            postalCode: "08\(600 + Int.random(in: 0..<40, using: &random))"
        )
        if Int.random(in: 0..<100, using: &random) < 6 {
            let shelter = Int.random(in: 0..<shelterPhones.count, using: &random)
            person.phone = shelterPhones[shelter]
            person.postalCode = "08\(600 + shelter)"
        }
        return person
    }

    private mutating func relative(of first: MadeUpPerson, _ relation: Relation) -> MadeUpPerson {
        var other = first
        switch relation {
        case .twin:
            other.female = Int.random(in: 0..<3, using: &random) > 0 ? first.female : !first.female
            other.given = MadeUpNames.given(female: other.female, &random)
            while other.given == first.given { other.given = MadeUpNames.given(female: other.female, &random) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                let names = MadeUpNames.one(of: MadeUpNames.twins, &random)
                people[people.count - 1].given = names.0
                other.given = names.1
            }
        case .parentOfTheSameName:
            let year = max(1925, first.birthDate.year - Int.random(in: 17...38, using: &random))
            other.birthDate = Self.birthDate(year...year, &random)
            if Int.random(in: 0..<2, using: &random) == 0 {
                other.suffix = "Sr."
                people[people.count - 1].suffix = "Jr."
            }
        case .sibling:
            other.female = Bool.random(using: &random)
            other.given = MadeUpNames.given(female: other.female, &random)
            let year = first.birthDate.year + Int.random(in: 1...8, using: &random)
            other.birthDate = Self.birthDate(year...year, &random)
        case .spouse:
            other.female.toggle()
            other.given = MadeUpNames.given(female: other.female, &random)
            let year = first.birthDate.year + Int.random(in: -6...6, using: &random)
            other.birthDate = Self.birthDate(year...year, &random)
        }
        return other
    }

    static func birthDate(_ years: ClosedRange<Int>, _ random: inout SeededGenerator) -> CivilDate {
        let year = Int.random(in: years, using: &random)
        let day = Int.random(in: 0..<365, using: &random)
        return CivilDate(daysSince1970: (CivilDate(year: year, month: 1, day: 1)?.daysSince1970 ?? 0) + day)
    }

    static func phone(_ random: inout SeededGenerator) -> String {
        let area = MadeUpNames.one(of: ["609", "732", "908", "856"], &random)
        return "\(area)\(Int.random(in: 200...999, using: &random))\(Int.random(in: 1000...9999, using: &random))"
    }
}
