internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain

/// The identity's columns, sealed.
struct SealedIdentity {
    var givenName: [UInt8]?
    var familyName: [UInt8]?
    var birthDate: [UInt8]?
    var phone: [UInt8]?
    var address: [UInt8]?
    var postalCode: [UInt8]?
    var gender: [UInt8]?
    var identifiers: [UInt8]?

    init(
        givenName: [UInt8]?, familyName: [UInt8]?, birthDate: [UInt8]?, phone: [UInt8]?, address: [UInt8]?,
        postalCode: [UInt8]?, gender: [UInt8]?, identifiers: [UInt8]?
    ) {
        self.givenName = givenName
        self.familyName = familyName
        self.birthDate = birthDate
        self.phone = phone
        self.address = address
        self.postalCode = postalCode
        self.gender = gender
        self.identifiers = identifiers
    }

    init(_ person: PersonIdentity, with key: DataKey) throws {
        givenName = try key.seal(person.givenName, for: .givenName)
        familyName = try key.seal(person.familyName, for: .familyName)
        birthDate = try key.seal(person.birthDate?.description, for: .birthDate)
        phone = try key.seal(person.phone, for: .phone)
        address = try key.seal(person.address, for: .address)
        postalCode = try key.seal(person.postalCode, for: .postalCode)
        gender = try key.seal(person.gender?.rawValue, for: .gender)
        identifiers =
            person.identifiers.isEmpty ? nil : try key.seal(Self.text(of: person.identifiers), for: .identifiers)
    }

    private static func text(of identifiers: [PersonIdentity.Identifier]) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.array { json in
            for identifier in identifiers {
                json.object { json in
                    json.field("system", identifier.system)
                    json.field("value", identifier.value)
                }
            }
        }
        return json.bytes
    }

    func open(with key: DataKey, phoneIsSafe: Bool) throws -> PersonIdentity {
        PersonIdentity(
            givenName: try key.open(givenName, from: .givenName),
            familyName: try key.open(familyName, from: .familyName),
            birthDate: try key.open(birthDate, from: .birthDate).flatMap(CivilDate.init),
            phone: try key.open(phone, from: .phone), phoneIsSafe: phoneIsSafe,
            address: try key.open(address, from: .address), postalCode: try key.open(postalCode, from: .postalCode),
            gender: try key.open(gender, from: .gender).flatMap(AdministrativeGender.init),
            identifiers: try identifiers.map {
                try JSONValue.decode([PersonIdentity.Identifier].self, from: try key.open($0, from: .identifiers))
            } ?? []
        )
    }
}
