/// How somebody can be reached, as they said themselves: who is to be asked, where to look, what may be said. Of people
/// who were at a hospital once, most are lost because nobody knows where they are.
public struct ReachPlan: Codable, Hashable, Sendable {
    /// Somebody who knows where the person is. Such people never agreed that anything is kept of them: nothing is kept that
    /// is not needed to ask them.
    public struct ContactPerson: Codable, Hashable, Sendable {
        public var name: String
        /// A code of ``BedsideCatalogue/relations``.
        public var relation: String
        public var phone: String
        public var mayLeaveMessage: Bool
        /// Whether they know that the person is supported. Whoever does not is told nothing of it: not by whom they are
        /// called, and not why.
        public var knowsOfSupport: Bool

        public init(name: String, relation: String, phone: String, mayLeaveMessage: Bool, knowsOfSupport: Bool) {
            (self.name, self.relation, self.phone) = (name, relation, phone)
            (self.mayLeaveMessage, self.knowsOfSupport) = (mayLeaveMessage, knowsOfSupport)
        }
    }

    /// Where else to look.
    public struct Place: Codable, Hashable, Sendable {
        /// A code of ``BedsideCatalogue/places``.
        public var kind: String
        public var text: String

        public init(kind: String, text: String) {
            (self.kind, self.text) = (kind, text)
        }
    }

    /// A number at which it is safe to call the person.
    public var safePhone: String?
    /// When it is safe, in their words.
    public var safeHours: String?
    /// Whether a message may be left there.
    public var mayLeaveMessage: Bool
    public var contactPersons: [ContactPerson]
    public var places: [Place]

    public init(
        safePhone: String? = nil, safeHours: String? = nil, mayLeaveMessage: Bool = false,
        contactPersons: [ContactPerson] = [], places: [Place] = []
    ) {
        (self.safePhone, self.safeHours, self.mayLeaveMessage) = (safePhone, safeHours, mayLeaveMessage)
        (self.contactPersons, self.places) = (contactPersons, places)
    }

    /// How many contact persons are missing to as many as there should be.
    public func missingContactPersons(_ catalogue: BedsideCatalogue) -> Int {
        max(0, catalogue.contactPersons.wanted - contactPersons.count)
    }

    /// The same, with numbers as they are dialled.
    public var normalised: ReachPlan {
        var plan = self
        plan.safePhone = safePhone.map(Self.dialled)
        for index in plan.contactPersons.indices {
            plan.contactPersons[index].phone = Self.dialled(contactPersons[index].phone)
        }
        return plan
    }

    private static func dialled(_ text: String) -> String { PhoneNumber(text)?.description ?? text }

    /// What is wrong with it.
    public func faults(_ catalogue: BedsideCatalogue) -> [Fault] {
        var found: [Fault] = []
        if let safePhone, PhoneNumber(safePhone) == nil { found.append(Fault("/safePhone", Self.phone)) }
        if let safeHours { found += Self.faults(of: safeHours, atMost: 200, "/safeHours") }
        if safePhone == nil, mayLeaveMessage { found.append(Fault("/mayLeaveMessage", "only with a safePhone")) }
        let most = catalogue.contactPersons.most
        if contactPersons.count > most { found.append(Fault("/contactPersons", "at most \(most)")) }
        for (index, person) in contactPersons.enumerated() {
            let pointer = "/contactPersons/\(index)"
            found += Self.faults(of: person.name, atMost: 100, "\(pointer)/name")
            if !catalogue.relations.has(person.relation) {
                found.append(Fault("\(pointer)/relation", catalogue.relations.oneOf))
            }
            if PhoneNumber(person.phone) == nil { found.append(Fault("\(pointer)/phone", Self.phone)) }
        }
        if places.count > Self.mostPlaces { found.append(Fault("/places", "at most \(Self.mostPlaces)")) }
        for (index, place) in places.enumerated() {
            if !catalogue.places.has(place.kind) {
                found.append(Fault("/places/\(index)/kind", catalogue.places.oneOf))
            }
            found += Self.faults(of: place.text, atMost: 200, "/places/\(index)/text")
        }
        return found
    }

    private static func faults(of text: String, atMost most: Int, _ pointer: String) -> [Fault] {
        text.nonBlank != nil && text.count <= most ? [] : [Fault(pointer, "1 to \(most) characters")]
    }

    private static let phone = "a telephone number"
    private static let mostPlaces = 5
}
