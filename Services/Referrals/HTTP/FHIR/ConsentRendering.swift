internal import Confidentiality
internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain

/// A consent that names a partner, as that partner reads it (R4 Consent; Gravity's profile asks for category, patient,
/// dateTime, organization and a source).
struct ConsentRendering: Sendable {
    let agency: AgencyProfile
    let now: Instant

    /// - Parameters:
    ///   - id: the partner's own for it.
    ///   - patient: the partner's own for the person.
    ///   - partner: whom it names.
    func document(
        _ consent: Consent, id: UUID, patient: UUID, partner: Partner
    ) throws(R4.Refusal) -> FHIRDocument {
        let organization: JSONValue = [
            "reference": .string("Organization/\(agency.agencyID)"), "display": .string(agency.name),
        ]
        return try FHIRDocument([
            "resourceType": "Consent",
            "status": .string(consent.isActive(at: now) ? "active" : "inactive"),
            "scope": Self.concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
            "category": [
                Self.concept("http://loinc.org", "59284-0"),
                Self.concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IDSCL"),
            ],
            "patient": ["reference": .string("Patient/\(patient.lowercasedText)")],
            "dateTime": .string(consent.signedAt.fhirText),
            "organization": [organization],
            "sourceAttachment": [
                "contentType": "text/plain",
                "title": .string(consent.signature.textVersion ?? "Consent signed on \(consent.signedAt.dateInUTC)"),
            ],
            "policy": [["uri": "https://www.ecfr.gov/current/title-42/part-2"]],
            "provision": .object(provision(consent, partner)),
        ])
        .labelled(agency.isPart2Program ? SecurityLabel.part2 : [SecurityLabel.Confidentiality.restricted.coding])
        .identified(
            id: id.lowercasedText, version: consent.version,
            lastUpdated: consent.revocation?.at ?? consent.signedAt)
    }

    private func provision(_ consent: Consent, _ partner: Partner) -> JSONObject {
        var period: JSONObject = ["start": .string(consent.signedAt.fhirText)]
        let ends = [consent.expiry.instant, consent.revocation?.at].compactMap(\.self).min()
        period.set("end", ifPresent: ends.map { .string($0.fhirText) })
        let recipient = Self.concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
        let purposes = consent.purpose.purposesOfUse.map(\.rawValue).sorted()
        return [
            "type": "permit",
            "period": .object(period),
            "actor": [["role": recipient, "reference": ["display": .string(partner.name)]]],
            "purpose": .array(
                purposes.map {
                    ["system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": .string($0)]
                }),
        ]
    }

    private static func concept(_ system: String, _ code: String) -> JSONValue {
        ["coding": [["system": .string(system), "code": .string(code)]]]
    }
}
