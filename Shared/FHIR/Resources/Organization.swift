extension R4 {
    /// A hospital, a clinic, an agency (R4 Organization).
    public struct Organization: ResourceView {
        public static let resourceType = "Organization"
        public let document: FHIRDocument
        public let identifiers: [Identifier]
        public let name: String?

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            self.document = document
            identifiers = reader.many("identifier")
            name = reader.string("name")
            if identifiers.isEmpty, !reader.has("name") {
                reader.notes.note(
                    .invariant, "An organization has an identifier or a name (org-1).", at: reader.expression
                )
            }
        }
    }

    /// Somebody's work at an organisation (R4 PractitionerRole).
    public struct PractitionerRole: ResourceView {
        public static let resourceType = "PractitionerRole"
        public let document: FHIRDocument
        public let identifiers: [Identifier]
        public let practitioner: Reference?
        public let organization: Reference?

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { reader in
                Self(
                    document: document, identifiers: reader.many("identifier"),
                    practitioner: reader.one("practitioner"), organization: reader.one("organization")
                )
            }
        }

        private init(
            document: FHIRDocument, identifiers: [Identifier], practitioner: Reference?, organization: Reference?
        ) {
            (self.document, self.identifiers) = (document, identifiers)
            (self.practitioner, self.organization) = (practitioner, organization)
        }
    }

    /// The visit during which somebody is referred (R4 Encounter): it tells where the person is.
    public struct Encounter: ResourceView {
        public static let resourceType = "Encounter"
        public let document: FHIRDocument
        /// v3-ActCode: `EMER` emergency, `IMP` inpatient, `AMB` ambulatory, …
        public let encounterClass: Coding

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            reader.require("status", "class")
            guard let encounterClass: Coding = reader.one("class") else { return nil }
            (self.document, self.encounterClass) = (document, encounterClass)
        }
    }
}
