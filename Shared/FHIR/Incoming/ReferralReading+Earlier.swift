/// Who was sent before any order, by itself.
extension ReferralReading {
    /// Reads a Patient who may be referred later: the same is asked of it as of one that comes along.
    ///
    /// - Throws: all issues found.
    public static func patient(_ document: FHIRDocument) throws(R4.Refusal) -> R4.Patient {
        let reading = ReferralReading([], .published)
        let person = reading.patient(document, at: "Patient", referredAs: "resourceType")
        guard case .patient(let patient) = person, !reading.notes.hasErrors else {
            throw R4.Refusal(reading.notes.issues)
        }
        return patient
    }
}

extension IncomingReferral {
    /// The referral as if the Patient whom its subject names by our id, and consents about them, had come along.
    public func completed(by patient: R4.Patient, _ earlier: [R4.Consent]) -> IncomingReferral {
        func part(_ role: Part.Role, _ document: FHIRDocument) -> Part {
            Part(role: role, document: document, index: nil, fullURL: nil, ifNoneExist: [])
        }
        return IncomingReferral(
            person: .patient(patient), serviceRequest: serviceRequest, task: task, consents: consents + earlier,
            encounter: encounter,
            parts: parts + [part(.patient, patient.document)] + earlier.map { part(.consent, $0.document) })
    }
}
