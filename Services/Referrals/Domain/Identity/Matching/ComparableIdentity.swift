internal import Models

/// An identity as it is compared: normalised, without what only stands for something unknown.
struct ComparableIdentity: Sendable {
    var given: String?
    var family: String?
    var familyParts: Set<String> = []
    var generation: Int?
    var birthDate: CivilDate?
    var phone: String?
    var postalCode: PostalCode?
    var gender: AdministrativeGender?
    /// Values by system.
    var identifiers: [String: Set<String>] = [:]

    init(_ person: PersonIdentity) {
        if !person.hasPlaceholderName {
            given = person.givenName.flatMap(NameNormalisation.given)
            family = person.familyName.flatMap(NameNormalisation.family)
            familyParts = Set((person.familyName.map(NameNormalisation.familyParts) ?? []).filter { $0.count >= 3 })
            generation = person.familyName.flatMap(NameNormalisation.generation)
        }
        if !person.hasPlaceholderBirthDate { birthDate = person.birthDate }
        phone = person.phone.flatMap(PhoneNumber.init)?.description
        postalCode = person.postalCode.flatMap(PostalCode.init)
        // Only these two are used alike everywhere; "other" and "unknown" often mean that nobody asked.
        if person.gender == .male || person.gender == .female { gender = person.gender }
        for identifier in person.identifiers {
            guard let system = identifier.system.nonBlank, let value = identifier.value.nonBlank else { continue }
            identifiers[system, default: []].insert(value.uppercased())
        }
    }
}
