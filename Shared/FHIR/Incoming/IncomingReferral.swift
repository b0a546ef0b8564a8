public import Models

/// A referral as a hospital sent it in FHIR, read and validated, with every resource as it was received.
public struct IncomingReferral: Hashable, Sendable {
    /// Who is referred.
    public enum Person: Hashable, Sendable {
        /// A Patient that came along, in the bundle or contained in the order.
        case patient(R4.Patient)
        /// Only by an identifier; the person must be known from before.
        case identifier(R4.Identifier)
        /// By an id that we gave the sender earlier.
        case known(id: String)
    }

    /// One of the resources that came.
    public struct Part: Hashable, Sendable {
        /// What it is for the referral.
        public enum Role: Hashable, Sendable { case patient, consent, serviceRequest, task, other }

        public var role: Role
        public var document: FHIRDocument
        /// The place in the transaction, from 0; nil for an order that was posted by itself.
        public var index: Int?
        public var fullURL: String?
        /// `ifNoneExist` as names and values.
        public var ifNoneExist: [R4.SearchQuery.Item]
    }

    public let person: Person
    public let serviceRequest: R4.ServiceRequest
    /// Nil where the sender leaves the Task to us.
    public let task: R4.Task?
    /// Consents of this person, the one that the order refers to first.
    public let consents: [R4.Consent]
    public let encounter: R4.Encounter?
    /// Everything, in the order of the transaction.
    public let parts: [Part]

    /// The sender's own number of the order, by which the same referral is recognised when it is sent again: the
    /// ServiceRequest's, else the Task's, else what `ifNoneExist` asks for.
    public var placerIdentifier: R4.Identifier? {
        if let identifier = serviceRequest.placerIdentifier ?? task?.placerIdentifier { return identifier }
        for part in parts where part.role == .serviceRequest || part.role == .task {
            if let identifier = part.ifNoneExist.identifier { return identifier }
        }
        return nil
    }

    /// Whether the sender is still writing it: it is kept, and nobody works on it yet.
    public var isDraft: Bool { task?.status == .draft }

    /// How soon help is needed: the order's word, else the task's, else routine.
    public var priority: Priority { serviceRequest.priority ?? task?.priority ?? .routine }

    /// Where the person is, as far as encounter and location tell.
    public var setting: Setting? {
        Setting(encounterClass: encounter?.encounterClass.code)
            ?? serviceRequest.locationCodes.lazy.flatMap(\.codings).compactMap { Setting(roleCode: $0) }.first
    }
}

extension [R4.SearchQuery.Item] {
    /// The identifier in `identifier=system|value`.
    public var identifier: R4.Identifier? {
        guard let value = first(where: { $0.name == "identifier" })?.value, let bar = value.firstIndex(of: "|") else {
            return nil
        }
        let (system, code) = (String(value[..<bar]), String(value[value.index(after: bar)...]))
        guard !system.isEmpty, !code.isEmpty else { return nil }
        return R4.Identifier(system: system, value: code)
    }
}

extension Setting {
    /// From v3-ActCode classes of encounters: `EMER`, `IMP`, `ACUTE`, `NONAC`, `OBSENC`.
    fileprivate init?(encounterClass code: String?) {
        switch code {
        case "EMER": self = .emergencyDepartment
        case "IMP", "ACUTE", "NONAC", "OBSENC": self = .inpatient
        default: return nil
        }
    }

    /// From v3-RoleCode kinds of places.
    fileprivate init?(roleCode coding: R4.Coding) {
        guard coding.system == "http://terminology.hl7.org/CodeSystem/v3-RoleCode" else { return nil }
        switch coding.code {
        case "ER", "ETU": self = .emergencyDepartment
        case "HOSP", "HU", "PHU", "ICU": self = .inpatient
        case "SCHOOL": self = .school
        case "WORK": self = .workplace
        case "OF", "GIM", "FMC": self = .primaryCare
        case "SU", "MHSP": self = .treatmentClinic
        default: return nil
        }
    }
}
