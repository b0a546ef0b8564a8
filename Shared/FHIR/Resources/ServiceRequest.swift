internal import JSON
public import Models

extension R4 {
    /// The order behind a referral (R4 ServiceRequest, Gravity SDOH Clinical Care).
    public struct ServiceRequest: ResourceView {
        /// http://hl7.org/fhir/request-status
        public enum Status: String, CaseIterable, Hashable, Sendable {
            case draft, active, revoked, completed, unknown
            case onHold = "on-hold"
            case enteredInError = "entered-in-error"
        }

        /// http://hl7.org/fhir/request-intent
        public enum Intent: String, CaseIterable, Hashable, Sendable {
            case proposal, plan, directive, order, option
            case originalOrder = "original-order"
            case reflexOrder = "reflex-order"
            case fillerOrder = "filler-order"
            case instanceOrder = "instance-order"

            /// Whether it asks for something to be done, rather than suggesting it.
            public var isOrder: Bool {
                switch self {
                case .order, .originalOrder, .reflexOrder, .fillerOrder, .instanceOrder: true
                case .proposal, .plan, .directive, .option: false
                }
            }
        }

        public static let resourceType = "ServiceRequest"
        public let document: FHIRDocument
        public let identifiers: [Identifier]
        public let status: Status
        public let intent: Intent
        public let categories: [CodeableConcept]
        public let priority: Priority?
        /// True: it forbids what the code says.
        public let doNotPerform: Bool
        public let code: CodeableConcept?
        public let orderDetails: [CodeableConcept]
        public let subject: Reference
        public let encounter: Reference?
        public let authoredOn: DateTime?
        public let requester: Reference?
        public let performers: [Reference]
        public let locationCodes: [CodeableConcept]
        public let reasonCodes: [CodeableConcept]
        public let reasonReferences: [Reference]
        public let supportingReferences: [Reference]
        /// Free text for the performer.
        public let notes: [String]

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            reader.require("status", "intent", "subject")
            self.document = document
            identifiers = reader.many("identifier")
            categories = reader.many("category")
            priority = reader.code("priority")
            doNotPerform = reader.bool("doNotPerform") ?? false
            code = reader.one("code")
            orderDetails = reader.many("orderDetail")
            encounter = reader.one("encounter")
            authoredOn = reader.dateTime("authoredOn")
            requester = reader.one("requester")
            performers = reader.many("performer")
            locationCodes = reader.many("locationCode")
            reasonCodes = reader.many("reasonCode")
            reasonReferences = reader.many("reasonReference")
            supportingReferences = reader.many("supportingInfo")
            notes = reader.elements("note").compactMap { note in
                note.require("text")
                return note.string("text")
            }
            if reader.has("orderDetail"), !reader.has("code") {
                reader.notes.note(
                    .invariant, "orderDetail needs a code that it details (prr-1).", at: reader.path("orderDetail")
                )
            }
            let (status, intent) = (reader.code("status", Status.self), reader.code("intent", Intent.self))
            let subject: Reference? = reader.one("subject")
            guard let status, let intent, let subject else { return nil }
            (self.status, self.intent, self.subject) = (status, intent, subject)
        }

        /// Whether the sender says that the person must not be contacted (Gravity: `contacting-subject-prohibited`).
        public var prohibitsContact: Bool {
            orderDetails.contains { $0.codings.contains { $0.code == "contacting-subject-prohibited" } }
        }

        /// The sender's own number for the order: the one typed as placer's, else the first with system and value.
        public var placerIdentifier: Identifier? { identifiers.placer }
    }
}

extension [R4.Identifier] {
    var placer: R4.Identifier? {
        let complete = filter { $0.system != nil && $0.value != nil }
        return complete.first { $0.isOfType("PLAC") } ?? complete.first { !$0.isOfType("FILL") }
    }
}

extension R4.ServiceRequest {
    /// The day on which it is to take place, or begins to; nil where it does not say one.
    public var occursOn: CivilDate? {
        let text = document[["occurrenceDateTime"]]?.string ?? document[["occurrencePeriod", "start"]]?.string
        return text.flatMap { CivilDate(String($0.prefix(10))) }
    }
}
