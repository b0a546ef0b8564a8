public import Models

/// What is known of who somebody is. All of it is optional: a referral may name nobody.
///
/// Stored once, sealed, in this service; it never reaches a log, a message or a URL.
public struct PersonIdentity: Hashable, Sendable {
    public var givenName: String?
    public var familyName: String?
    public var birthDate: CivilDate?
    public var phone: String?
    /// Whether a message on that phone is safe: others may hear it.
    public var phoneIsSafe: Bool
    public var address: String?
    /// Beside the address, where the sender states it by itself.
    public var postalCode: String?
    public var gender: AdministrativeGender?
    public var identifiers: [Identifier]

    /// A number that an organisation gave the person, with the system that makes it unique (a URI).
    public struct Identifier: Codable, Hashable, Sendable {
        public var system: String
        public var value: String

        public init(system: String, value: String) {
            self.system = system
            self.value = value
        }
    }

    public init(
        givenName: String? = nil, familyName: String? = nil, birthDate: CivilDate? = nil, phone: String? = nil,
        phoneIsSafe: Bool = false, address: String? = nil, postalCode: String? = nil,
        gender: AdministrativeGender? = nil, identifiers: [Identifier] = []
    ) {
        self.givenName = givenName
        self.familyName = familyName
        self.birthDate = birthDate
        self.phone = phone
        self.phoneIsSafe = phoneIsSafe
        self.address = address
        self.postalCode = postalCode
        self.gender = gender
        self.identifiers = identifiers
    }

    /// Whether nothing is known.
    public var isEmpty: Bool {
        givenName == nil && familyName == nil && birthDate == nil && phone == nil && address == nil
            && postalCode == nil && gender == nil && identifiers.isEmpty
    }

    /// Fills what is unknown from what another sender knows; what is known stays, because nobody here can say which of
    /// two differing senders is right. Identifiers are joined: each hospital has its own. A name or date that only stood for
    /// an unknown one gives way: Jane Doe has woken up.
    ///
    /// - Returns: whether anything was new.
    public mutating func complete(from other: PersonIdentity) -> Bool {
        let before = self
        if hasPlaceholderName, !other.hasPlaceholderName, other.familyName != nil {
            (givenName, familyName) = (other.givenName, other.familyName)
        }
        if hasPlaceholderBirthDate, other.birthDate != nil { birthDate = other.birthDate }
        givenName = givenName ?? other.givenName
        familyName = familyName ?? other.familyName
        birthDate = birthDate ?? other.birthDate
        address = address ?? other.address
        postalCode = postalCode ?? other.postalCode
        gender = gender ?? other.gender
        if phone == nil {
            phone = other.phone
            phoneIsSafe = other.phone != nil && other.phoneIsSafe
        }
        for identifier in other.identifiers where !identifiers.contains(identifier) { identifiers.append(identifier) }
        return self != before
    }
}
