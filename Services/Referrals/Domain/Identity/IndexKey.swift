internal import Models

/// What an identity can be found by: the normalised texts of which keyed digests are stored, never the texts themselves.
public struct IndexKey: Hashable, Sendable {
    /// The indexes.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        case identifier
        case nameBirthDate = "name_birth_date"
        case phone
        case namePhoneticBirthYear = "name_birth_year_phonetic"
        /// The sounds of both names, in either order: found also where the birth date is missing or wrong, or first and
        /// last name changed places.
        case namePhonetic = "name_phonetic"
        /// Found also under another family name.
        case birthDate = "birth_date"

        /// Whether one value belongs to one participant: then the database holds it unique, and a person who is
        /// referred twice at once is registered once. Phones are shared, and sounds are only a hint.
        public var identifies: Bool {
            switch self {
            case .identifier, .nameBirthDate: true
            case .phone, .namePhoneticBirthYear, .namePhonetic, .birthDate: false
            }
        }
    }

    public let kind: Kind
    public let text: String

    public init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}

extension PersonIdentity {
    /// The keys of this identity. Names that emergency departments give to people they cannot name, and birth dates that
    /// stand for unknown ones, give none: otherwise all of them would become one person.
    public var indexKeys: Set<IndexKey> {
        var keys: Set<IndexKey> = []
        for identifier in identifiers {
            guard let system = identifier.system.nonBlank, let value = identifier.value.nonBlank else { continue }
            keys.insert(IndexKey(kind: .identifier, text: "\(system)|\(value.uppercased())"))
        }
        if let phone, let number = PhoneNumber(phone) { keys.insert(IndexKey(kind: .phone, text: number.description)) }
        let knownDate = hasPlaceholderBirthDate ? nil : birthDate
        if let knownDate { keys.insert(IndexKey(kind: .birthDate, text: knownDate.description)) }
        guard !hasPlaceholderName, let family = familyName.flatMap(NameNormalisation.family) else { return keys }
        let given = givenName.flatMap(NameNormalisation.given)
        let sound = Soundex.code(of: family)
        if let sound, let other = given.flatMap(Soundex.code) {
            let inOrder = [sound, other].sorted().joined(separator: "|")
            keys.insert(IndexKey(kind: .namePhonetic, text: inOrder))
        }
        if let knownDate, let sound {
            keys.insert(IndexKey(kind: .namePhoneticBirthYear, text: "\(sound)|\(knownDate.year)"))
        }
        // An initial is no name: twins are J. and J.
        if let knownDate, let given, given.count > 1 {
            keys.insert(IndexKey(kind: .nameBirthDate, text: "\(family)|\(given)|\(knownDate)"))
        }
        return keys
    }

    /// Whether the name only stands for an unknown one.
    var hasPlaceholderName: Bool {
        let names = [familyName.flatMap(NameNormalisation.family), givenName.flatMap(NameNormalisation.given)]
        return names.contains { $0.map(Self.placeholderNames.contains) ?? false }
    }

    /// Whether the birth date only stands for an unknown one.
    var hasPlaceholderBirthDate: Bool {
        guard let birthDate else { return false }
        return birthDate.year <= 1901 && birthDate.month == 1 && birthDate.day == 1
    }

    private static let placeholderNames: Set<String> = [
        "doe", "unknown", "unidentified", "unk", "trauma", "anonymous", "noname", "nofirstname", "nolastname",
        "firstname", "lastname", "none", "patient", "male", "female", "test",
    ]
}
