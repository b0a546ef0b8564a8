internal import JSON
public import Models

extension R4 {
    /// How far the work on a referral is (R4 Task, Gravity SDOH Clinical Care).
    public struct Task: ResourceView {
        public static let resourceType = "Task"
        public let document: FHIRDocument
        public let identifiers: [Identifier]
        public let status: TaskStatus
        public let statusReason: CodeableConcept?
        public let businessStatus: CodeableConcept?
        /// A code of http://hl7.org/fhir/task-intent; Gravity's referrals have `order`.
        public let intent: String
        public let priority: Priority?
        public let code: CodeableConcept?
        public let basedOn: [Reference]
        public let partOf: [Reference]
        public let focus: Reference?
        /// `Task.for`: the person.
        public let beneficiary: Reference?
        public let authoredOn: DateTime?
        public let lastModified: DateTime?
        public let requester: Reference?
        public let owner: Reference?
        public let executionPeriod: Period?

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            reader.require("status", "intent")
            self.document = document
            identifiers = reader.many("identifier")
            statusReason = reader.one("statusReason")
            businessStatus = reader.one("businessStatus")
            priority = reader.code("priority")
            code = reader.one("code")
            basedOn = reader.many("basedOn")
            partOf = reader.many("partOf")
            focus = reader.one("focus")
            beneficiary = reader.one("for")
            authoredOn = reader.dateTime("authoredOn")
            lastModified = reader.dateTime("lastModified")
            requester = reader.one("requester")
            owner = reader.one("owner")
            executionPeriod = reader.one("executionPeriod")
            for part in ["input", "output"] {
                for element in reader.elements(part) {
                    element.require("type")
                    if !element.object.names.contains(where: { $0.hasPrefix("value") || $0.hasPrefix("_value") }) {
                        reader.notes.note(.required, "An \(part) needs its value.", at: element.path("value"))
                    }
                }
            }
            if let authoredOn, let lastModified, lastModified.end <= authoredOn.start {
                reader.notes.note(
                    .invariant, "A task is not modified before it is authored (inv-1).",
                    at: reader.path("lastModified")
                )
            }
            let (status, intent) = (reader.code("status", TaskStatus.self), reader.code("intent", in: .taskIntent))
            guard let status, let intent else { return nil }
            (self.status, self.intent) = (status, intent)
        }

        /// The sender's own number for the task.
        public var placerIdentifier: Identifier? { identifiers.placer }
    }
}
