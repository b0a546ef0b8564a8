internal import HL7v2
internal import Models
internal import ReferralsDomain

extension PersonIdentity {
    /// Who a `PID` segment is about, as far as it says.
    ///
    /// - Parameter scope: in front of the names of numbering systems that are the sender's own.
    init(_ patient: HL7Segment, scope: String) {
        let names = patient.repetitions(5)
        // Table 0200: L the legal name, D the customary one.
        let name = names.first { $0.text(7) == "L" } ?? names.first { $0.text(7) == "D" } ?? names.first
        let given = [name?.text(2), name?.text(3)].compactMap(\.self).joined(separator: " ")
        let addresses = patient.repetitions(11)
        let address = addresses.first { $0.text(7) == "H" } ?? addresses.first
        let phones = patient.repetitions(13)
        // Table 0201, 0202: the person's own mobile phone rather than one at home.
        let phone = phones.first { $0.text(3) == "CP" } ?? phones.first { $0.text(4) == nil }
        self.init(
            givenName: given.isEmpty ? nil : given, familyName: name?.text(1),
            birthDate: patient.text(7).flatMap(HL7DateTime.init)?.date, phone: phone?.phone,
            // An interface does not say who else listens: only the person can say that a number is safe.
            phoneIsSafe: false, address: address?.oneLine, postalCode: address?.text(5),
            gender: Self.gender(patient.text(8)),
            identifiers: patient.repetitions(3).compactMap { Self.identifier($0, scope: scope) }
                + (patient.text(19).map { [Identifier(system: Self.socialSecurity, value: $0)] } ?? [])
        )
    }

    /// The system of social security numbers in FHIR, so that a number is the same through every door.
    private static let socialSecurity = "http://hl7.org/fhir/sid/us-ssn"

    /// A `CX`: the number with who assigned it.
    private static func identifier(_ number: HL7Repetition, scope: String) -> Identifier? {
        guard let value = number.text(1) else { return nil }
        // Table 0203.
        if number.text(5) == "SS" { return Identifier(system: socialSecurity, value: value) }
        let system =
            switch (number.text(4, 3)?.uppercased(), number.text(4, 2)) {
            case ("ISO", .some(let id)): "urn:oid:\(id)"
            case ("UUID", .some(let id)), ("GUID", .some(let id)): "urn:uuid:\(id.lowercased())"
            case ("URI", .some(let id)): id
            default: [scope, number.text(4), number.text(5)].compactMap(\.self).joined(separator: "/")
            }
        return Identifier(system: system, value: value)
    }

    /// Table 0001.
    private static func gender(_ code: String?) -> AdministrativeGender? {
        switch code?.uppercased() {
        case "M": .male
        case "F": .female
        case "O", "A", "N": .other
        case "U": .unknown
        default: nil
        }
    }
}

extension HL7Repetition {
    /// An `XAD` as one writes it on one line.
    fileprivate var oneLine: String? {
        let parts = [1, 2, 3, 4, 5, 6].compactMap { text($0) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
