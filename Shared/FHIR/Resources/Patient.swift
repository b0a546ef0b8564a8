extension R4 {
    /// The person who is referred (R4 Patient).
    public struct Patient: ResourceView {
        public static let resourceType = "Patient"
        public let document: FHIRDocument
        public let identifiers: [Identifier]
        /// False when the record is out of use; nil is as true.
        public let active: Bool?
        public let names: [HumanName]
        public let telecoms: [ContactPoint]
        /// male, female, other or unknown.
        public let gender: String?
        /// To the day, the month or the year.
        public let birthDate: DateTime?
        public let isDeceased: Bool
        public let addresses: [Address]
        /// BCP 47 codes, preferred ones first.
        public let languages: [String]

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            self.document = document
            identifiers = reader.many("identifier")
            active = reader.bool("active")
            names = reader.many("name")
            telecoms = reader.many("telecom")
            gender = reader.code("gender", in: .administrativeGender)
            birthDate = reader.date("birthDate")
            // Both forms of deceased[x] are read, so that a wrong type is found; a date means dead.
            isDeceased = (reader.bool("deceasedBoolean") ?? false) || reader.dateTime("deceasedDateTime") != nil
            if reader.has("deceasedBoolean"), reader.has("deceasedDateTime") {
                reader.notes.note(.structure, "deceased[x] may be given once.", at: reader.path("deceased"))
            }
            addresses = reader.many("address")
            languages = Self.languages(reader)
        }

        private static func languages(_ reader: ElementReader) -> [String] {
            let read = reader.elements("communication").map { communication in
                communication.require("language")
                let concept = communication.one("language", CodeableConcept.self)
                return (concept?.codings.compactMap(\.code) ?? [], communication.bool("preferred") ?? false)
            }
            return read.filter(\.1).flatMap(\.0) + read.filter { !$0.1 }.flatMap(\.0)
        }

        /// The name to use: the official one, else the usual one, else the first that is not old; nil if none.
        public var preferredName: HumanName? {
            let current = names.filter { $0.use != "old" && $0.use != "maiden" }
            return current.first { $0.use == "official" } ?? current.first { $0.use == "usual" } ?? current.first
        }
    }
}
