extension R4 {
    /// A person's consent, or its refusal (R4 Consent; what 42 CFR 2.31 asks for is checked by who takes it).
    public struct Consent: ResourceView {
        /// http://hl7.org/fhir/consent-state-codes
        public enum Status: String, CaseIterable, Hashable, Sendable {
            case draft, proposed, active, rejected, inactive
            case enteredInError = "entered-in-error"
        }

        public static let resourceType = "Consent"
        public let document: FHIRDocument
        public let status: Status
        public let scope: CodeableConcept
        public let categories: [CodeableConcept]
        public let patient: Reference?
        /// When it was given.
        public let dateTime: DateTime?
        public let performers: [Reference]
        /// Who keeps the record; in Gravity's profile, who may disclose.
        public let organizations: [Reference]
        /// Whether the signed form is in it or referred to.
        public let hasSource: Bool
        public let provision: Provision?

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            reader.require("status", "scope", "category")
            let policies = reader.elements("policy")
            for policy in policies where !policy.has("authority") && !policy.has("uri") {
                reader.notes.note(.invariant, "A policy has an authority or a uri.", at: policy.expression)
            }
            let scope: CodeableConcept? = reader.one("scope")
            let needsPatient = ["patient-privacy", "treatment", "research"].contains { code in
                scope?.has(code, in: "http://terminology.hl7.org/CodeSystem/consentscope") ?? false
            }
            if policies.isEmpty, !reader.has("policyRule") {
                reader.notes.note(
                    .invariant, "A consent needs a policy or a policyRule (ppc-1).", at: reader.expression
                )
            }
            if needsPatient, !reader.has("patient") {
                reader.notes.note(
                    .invariant, "A consent of this scope needs its patient (ppc-2 to ppc-4).",
                    at: reader.path("patient")
                )
            }
            let status: Status? = reader.code("status")
            self.document = document
            categories = reader.many("category")
            patient = reader.one("patient")
            dateTime = reader.dateTime("dateTime")
            performers = reader.many("performer")
            organizations = reader.many("organization")
            hasSource = reader.has("sourceAttachment") || reader.has("sourceReference")
            _ = reader.one("sourceReference", Reference.self)
            provision = reader.one("provision")
            guard let status, let scope else { return nil }
            (self.status, self.scope) = (status, scope)
        }
    }
}

extension R4.Consent {
    /// What is permitted or denied, to whom and until when.
    public struct Provision: Hashable, Sendable {
        /// deny or permit; the root's default is the policy's.
        public let type: String?
        public let period: R4.Period?
        public let actors: [Actor]
        public let actions: [R4.CodeableConcept]
        public let securityLabels: [R4.Coding]
        /// v3-PurposeOfUse codes such as TREAT.
        public let purposes: [R4.Coding]
        public let classes: [R4.Coding]
        /// Exceptions to it, one level or more.
        public let provisions: [Provision]
    }

    /// Somebody who may, or may not.
    public struct Actor: Hashable, Sendable {
        public let role: R4.CodeableConcept?
        public let reference: R4.Reference?
    }
}

extension R4.Consent.Provision: ElementReadable {
    init?(_ reader: ElementReader) {
        type = reader.code("type", in: .consentProvisionType)
        period = reader.one("period")
        actors = reader.many("actor")
        actions = reader.many("action")
        securityLabels = reader.many("securityLabel")
        purposes = reader.many("purpose")
        classes = reader.many("class")
        provisions = reader.many("provision")
    }
}

extension R4.Consent.Actor: ElementReadable {
    init?(_ reader: ElementReader) {
        reader.require("role", "reference")
        role = reader.one("role")
        reference = reader.one("reference")
    }
}
