internal import FHIR
internal import Models
internal import ReferralsDomain

extension PersonIdentity {
    /// Who a FHIR Patient is, as far as it says.
    init(_ patient: R4.Patient) {
        let name = patient.preferredName
        let phones = patient.telecoms.filter { $0.system == "phone" && $0.use != "old" && $0.value != nil }
        let phone = phones.first { $0.use == "mobile" } ?? phones.first
        let address = patient.addresses.first { $0.use != "old" }
        var given = name?.given.joined(separator: " ")
        var family = name?.family
        if family == nil, let text = name?.text {
            // Only the whole is given: the last word is taken for the family's name, as most of our senders write it.
            let words = text.split(separator: " ")
            family = words.last.map(String.init)
            if given?.isEmpty ?? true { given = words.dropLast().joined(separator: " ") }
        }
        self.init(
            givenName: given.flatMap { $0.isEmpty ? nil : $0 }, familyName: family,
            birthDate: patient.birthDate?.civilDate, phone: phone?.value,
            // A hospital's form does not say who else listens: only the person can say that a number is safe.
            phoneIsSafe: false, address: address?.oneLine, postalCode: address?.postalCode,
            gender: patient.gender.flatMap(AdministrativeGender.init),
            identifiers: patient.identifiers.compactMap { identifier in
                guard let system = identifier.system, let value = identifier.value, identifier.use != "old" else {
                    return nil
                }
                return Identifier(system: system, value: value)
            }
        )
    }
}

extension R4.Address {
    /// As one writes it on one line.
    fileprivate var oneLine: String? {
        if let text { return text }
        let parts = lines + [city, state, postalCode, country].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
