import Models
import ReferralsDomain
import Testing

@Suite("Finding a person again")
struct IdentityTests {
    @Test(
        "family names that are the same name become the same text",
        arguments: [
            ("O'Brien", "obrien"), ("O’BRIEN", "obrien"), ("García-López", "garcialopez"),
            ("Garcia Lopez", "garcialopez"),
            ("Smith Jr.", "smith"), ("SMITH, SR", "smith"), ("Łukasiewicz", "lukasiewicz"), ("Müller", "muller"),
            ("Weiß", "weiss"), ("Ørsted", "orsted"), ("Þórsson", "thorsson"), ("Nguye\u{302}\u{303}n", "nguyen"),
            ("Nguyễn", "nguyen"), ("de la Cruz", "delacruz"), ("Иванов", "иванов"), ("III", "iii"),
            ("St. John", "stjohn"),
        ])
    func families(_ name: String, _ expected: String) {
        #expect(NameNormalisation.family(name) == expected)
    }

    @Test("names without a letter are no names", arguments: ["", " ", "-", "'’.", "\u{301}"])
    func noName(_ name: String) {
        #expect(NameNormalisation.family(name) == nil && NameNormalisation.given(name) == nil)
    }

    @Test(
        "only the first given name counts", arguments: [("Mary Ann", "mary"), ("José-María", "jose"), ("J. R.", "j")])
    func given(_ name: String, _ expected: String) {
        #expect(NameNormalisation.given(name) == expected)
    }

    @Test("normalising twice changes nothing, and case never matters")
    func idempotent() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("aAéÉ-' .ßłØñZq’IVjr,")
        for _ in 1...2000 {
            let name = String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let once = NameNormalisation.family(name)
            #expect(NameNormalisation.family(name.uppercased()) == once || name.contains("ß"), "\(name)")
            if let once { #expect(NameNormalisation.given(once) == once, "\(name)") }
        }
    }

    @Test(
        "Soundex as the National Archives describe it",
        arguments: [
            ("robert", "R163"), ("rupert", "R163"), ("rubin", "R150"), ("ashcraft", "A261"), ("ashcroft", "A261"),
            ("tymczak", "T522"), ("pfister", "P236"), ("honeyman", "H555"), ("washington", "W252"), ("lee", "L000"),
            ("gutierrez", "G362"), ("jackson", "J250"), ("vandeusen", "V532"),
        ])
    func soundex(_ name: String, _ code: String) {
        #expect(Soundex.code(of: name) == code)
    }

    @Test("no code for what begins with no Latin letter", arguments: ["", "иванов", "1st"])
    func noSoundex(_ name: String) {
        #expect(Soundex.code(of: name) == nil)
    }

    @Test(
        "telephone numbers, with and without a country",
        arguments: [
            ("(609) 555-0143", "+16095550143"), ("609.555.0143", "+16095550143"), ("1-609-555-0143", "+16095550143"),
            ("+1 609 555 0143", "+16095550143"), ("+44 20 7946 0018", "+442079460018"),
            ("+49 (30) 123456", "+4930123456"),
        ])
    func phones(_ text: String, _ number: String) {
        #expect(PhoneNumber(text)?.description == number)
    }

    @Test(
        "what cannot be dialled is no number",
        arguments: [
            "", "555-0143", "0123456789", "609-155-0143", "call me", "+0441234567", "+1234567890123456",
            "6095550143 x2", "++16095550143",
        ])
    func noPhones(_ text: String) {
        #expect(PhoneNumber(text) == nil)
    }

    static let jane = PersonIdentity(
        givenName: "Ana María", familyName: "García", birthDate: CivilDate(year: 1990, month: 5, day: 1),
        phone: "609-555-0143", identifiers: [.init(system: "urn:oid:1.2", value: " ab-12 ")]
    )

    @Test("the keys of an identity")
    func keys() {
        #expect(
            Self.jane.indexKeys == [
                IndexKey(kind: .identifier, text: "urn:oid:1.2|AB-12"), IndexKey(kind: .phone, text: "+16095550143"),
                IndexKey(kind: .nameBirthDate, text: "garcia|ana|1990-05-01"),
                IndexKey(kind: .namePhoneticBirthYear, text: "G620|1990"),
                IndexKey(kind: .namePhonetic, text: "A500|G620"), IndexKey(kind: .birthDate, text: "1990-05-01"),
            ]
        )
    }

    @Test(
        "nameless patients are never one person",
        arguments: [
            ("John", "Doe"), ("Unknown", "Patient"), ("Alpha", "TRAUMA"), ("Jane", "DOE Jr."),
        ])
    func placeholders(_ given: String, _ family: String) {
        var person = Self.jane
        (person.givenName, person.familyName) = (given, family)
        #expect(Set(person.indexKeys.map(\.kind)) == [.identifier, .phone, .birthDate])
    }

    @Test("an initial is no name to find anybody by")
    func initial() {
        var person = Self.jane
        person.givenName = "A."
        #expect(!person.indexKeys.contains { $0.kind == .nameBirthDate })
    }

    @Test("a name that stood for an unknown one gives way to a real one, and a real one never to it")
    func wokenUp() {
        let nameless = PersonIdentity(
            givenName: "Jane", familyName: "Doe", birthDate: CivilDate(year: 1900, month: 1, day: 1), gender: .female
        )
        var person = nameless
        let isNew = person.complete(from: Self.jane)
        #expect(isNew && person.familyName == "García" && person.birthDate == Self.jane.birthDate)
        #expect(person.gender == .female)
        var known = Self.jane
        known.gender = .female
        let before = known
        let changes = known.complete(from: nameless)
        #expect(!changes && known == before)
    }

    @Test("a birth date that stands for an unknown one identifies nobody")
    func unknownBirthDate() {
        var person = Self.jane
        person.birthDate = CivilDate(year: 1900, month: 1, day: 1)
        #expect(Set(person.indexKeys.map(\.kind)) == [.identifier, .phone, .namePhonetic])
    }

    @Test("another sender fills gaps, adds its number, and overwrites nothing")
    func complete() {
        var known = PersonIdentity(givenName: "Ana", identifiers: [.init(system: "a", value: "1")])
        let other = PersonIdentity(
            givenName: "Anna", familyName: "García", phone: "609-555-0143", phoneIsSafe: true,
            identifiers: [.init(system: "b", value: "2"), .init(system: "a", value: "1")]
        )
        let isNew = known.complete(from: other)
        #expect(isNew)
        #expect(known.givenName == "Ana" && known.familyName == "García" && known.phoneIsSafe)
        #expect(known.identifiers.map(\.system) == ["a", "b"])
        let complete = known
        let isNewAgain = known.complete(from: other)
        #expect(!isNewAgain && known == complete)
    }

    @Test("what is wrong with a request is said with pointers")
    func faults() {
        let bad = ReferralRequest(
            setting: Setting(rawValue: "moon"), priority: .routine, programme: ProgrammeCode(rawValue: "x"),
            callback: String(repeating: "9", count: 201), languages: ["es", "not a tag", "e"], peerGenderWish: "Any!"
        )
        #expect(
            bad.faults.map(\.pointer) == [
                "/setting", "/programme", "/callback", "/languages/1", "/languages/2", "/peerGenderWish",
            ]
        )
        var person = Self.jane
        person.birthDate = CivilDate(year: 2027, month: 1, day: 1)
        person.identifiers = [.init(system: "", value: " ")]
        let today = CivilDate(year: 2026, month: 11, day: 22) ?? CivilDate(daysSince1970: 0)
        #expect(person.faults(today: today).map(\.pointer) == ["/person/birthDate", "/person/identifiers/0"])
        #expect(Self.jane.faults(today: today).isEmpty)
    }
}
