import Models
import ReferralsDomain
import TestKit

/// What busy desks write of people: with typing errors, nicknames, old numbers, married names and gaps, at rates in the
/// range that studies of hospital records report, or above.
struct MadeUpSender {
    private var random: SeededGenerator
    private var numbers: [String: String] = [:]
    private var issued = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// One referral's identity of a person, who is known by an index.
    mutating func identity(of person: MadeUpPerson, _ index: Int) -> PersonIdentity {
        let hospital = Int.random(in: 0..<6, using: &random)
        if chance(1.0) { return nameless(person, at: hospital) }
        var identity = PersonIdentity(
            givenName: given(person), familyName: family(person), birthDate: birthDate(person), phone: phone(person),
            postalCode: postalCode(person), gender: gender(person)
        )
        if chance(1.0) { swap(&identity.givenName, &identity.familyName) }
        if chance(60) {
            let key = "\(hospital)/\(index)"
            // One in twelve has a second number at the same hospital.
            if numbers[key] == nil || chance(8) {
                issued += 1
                numbers[key] = "\(100_000 + issued)"
            }
            identity.identifiers = [.init(system: "urn:hospital:\(hospital)", value: numbers[key] ?? "")]
        }
        return identity
    }

    private mutating func chance(_ percent: Double) -> Bool { Double.random(in: 0..<100, using: &random) < percent }

    /// Somebody who could not say who they are.
    private mutating func nameless(_ person: MadeUpPerson, at hospital: Int) -> PersonIdentity {
        issued += 1
        return PersonIdentity(
            givenName: person.female ? "Jane" : "John", familyName: "Doe",
            birthDate: CivilDate(year: 1900, month: 1, day: 1), gender: person.female ? .female : .male,
            identifiers: [.init(system: "urn:hospital:\(hospital)", value: "\(100_000 + issued)")]
        )
    }

    private mutating func given(_ person: MadeUpPerson) -> String? {
        if chance(1) { return nil }
        var name = person.given
        if chance(10), let others = MadeUpNames.called[name] { name = MadeUpNames.one(of: others, &random) }
        if chance(1) { return String(name.prefix(1)) + "." }
        if chance(3) { name = mistyped(name) }
        return chance(20) ? name + " " + MadeUpNames.given(female: person.female, &random) : name
    }

    private mutating func family(_ person: MadeUpPerson) -> String? {
        if chance(0.5) { return nil }
        var name = person.family
        // A married name, or the maiden name.
        if person.female, chance(6) {
            let other = MadeUpNames.family(&random)
            name = chance(30) ? "\(name)-\(other)" : other
        }
        if chance(3.5) { name = mistyped(name) }
        if let suffix = person.suffix, chance(50) { name += " " + suffix }
        return name
    }

    private mutating func birthDate(_ person: MadeUpPerson) -> CivilDate? {
        let date = person.birthDate
        if chance(3) { return nil }
        if chance(0.8) { return CivilDate(year: date.year, month: date.day, day: date.month) ?? date }
        if chance(0.5) { return CivilDate(year: date.year, month: 1, day: 1) }
        if chance(0.5) { return CivilDate(year: date.year + (chance(50) ? 1 : -1), month: date.month, day: date.day) }
        guard chance(2) else { return date }
        var digits = Array(date.description.utf8)
        let place = MadeUpNames.one(of: [2, 5, 8], &random)
        if chance(50) {
            digits.swapAt(place, place + 1)
        } else {
            digits[place + 1] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &random)
        }
        let read = CivilDate(String(decoding: digits, as: UTF8.self)) ?? date
        return (1920...2012).contains(read.year) ? read : date
    }

    private mutating func phone(_ person: MadeUpPerson) -> String? {
        if chance(25) { return nil }
        if chance(30) { return MadeUpPeople.phone(&random) }
        guard var digits = person.phone.map({ Array($0.utf8) }), chance(2) else { return person.phone }
        let place = Int.random(in: 4..<9, using: &random)
        digits.swapAt(place, place + 1)
        return String(decoding: digits, as: UTF8.self)
    }

    private mutating func postalCode(_ person: MadeUpPerson) -> String? {
        if chance(15) { return nil }
        if chance(25) { return "0\(Int.random(in: 7000...8999, using: &random))" }
        return chance(20) ? person.postalCode + "-1234" : person.postalCode
    }

    private mutating func gender(_ person: MadeUpPerson) -> AdministrativeGender? {
        if chance(10) { return chance(50) ? .unknown : nil }
        return person.female != chance(1) ? .female : .male
    }

    /// One slip of the fingers: a letter wrong, missing, doubled, or two in each other's place.
    private mutating func mistyped(_ name: String) -> String {
        var letters = Array(name)
        guard letters.count > 2 else { return name }
        let place = Int.random(in: 0..<letters.count - 1, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: letters[place] = MadeUpNames.one(of: Array("abcdeghilmnoprstu"), &random)
        case 1: letters.remove(at: place)
        case 2: letters.insert(letters[place], at: place)
        default: letters.swapAt(place, place + 1)
        }
        return String(letters)
    }
}
