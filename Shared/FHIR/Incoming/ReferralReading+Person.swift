/// Who is referred.
extension ReferralReading {
    func person(
        _ subject: R4.Reference, in order: R4.ServiceRequest, at expression: String, from source: Int?
    ) -> IncomingReferral.Person? {
        if let source, let index = resolver.entry(of: subject, from: source) {
            return patient(entries[index].resource, at: place(index), referredAs: expression)
        }
        switch subject.target {
        case .contained(let id):
            guard let contained = order.document.contained.first(where: { $0.id == id }), !id.isEmpty else {
                notes.note(.notFound, "The order contains no resource of this id.", at: expression)
                return nil
            }
            return patient(contained, at: "\(expression).resolve()", referredAs: expression)
        case .logical(let identifier):
            guard identifier.value != nil, identifier.system != nil else {
                notes.note(.required, "An identifier needs system and value.", at: "\(expression).identifier")
                return nil
            }
            return .identifier(identifier)
        case .conditional("Patient", let query):
            guard let identifier = R4.SearchQuery.items(of: query).identifier else {
                notes.note(.notSupported, "A conditional reference to a Patient is by identifier.", at: expression)
                return nil
            }
            return .identifier(identifier)
        case .relative("Patient", let id, _): return .known(id: id)
        case nil:
            notes.note(.required, "The subject needs a reference or an identifier.", at: expression)
            return nil
        default:
            notes.note(.notFound, "The subject is not a Patient in this request.", at: expression)
            return nil
        }
    }

    func patient(
        _ document: FHIRDocument?, at expression: String, referredAs reference: String
    ) -> IncomingReferral.Person? {
        guard document?.resourceType == "Patient" else {
            notes.note(.notSupported, "A referral is of a Patient.", at: reference)
            return nil
        }
        guard let patient: R4.Patient = view(document, at: expression) else { return nil }
        let isNamed = patient.names.contains { $0.text != nil || $0.family != nil || !$0.given.isEmpty }
        let isNumbered = patient.identifiers.contains { $0.system != nil && $0.value != nil }
        if !isNamed, !isNumbered {
            notes.note(
                .required, "A Patient needs a name, or an identifier with system and value.", at: expression
            )
        }
        if patient.isDeceased {
            notes.note(.businessRule, "A person who has died cannot be referred.", at: "\(expression).deceased")
        }
        return .patient(patient)
    }
}
