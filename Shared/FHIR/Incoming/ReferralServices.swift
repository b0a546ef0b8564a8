internal import JSON

/// The services that a referral may ask for, by code, from `Data/referral-services.json`.
public struct ReferralServices: Hashable, Sendable {
    private let codings: [R4.Coding]

    /// The codes that are compiled in: peer support in SNOMED CT (HL7's own example of a referral to a peer) and HCPCS.
    public static let published = ReferralServices(EmbeddedJSON.read(PackageResources.referral_services_json))

    init(_ json: JSONValue) {
        codings = (json[["services"]]?.array ?? []).map {
            R4.Coding(
                system: $0[["system"]]?.string, code: $0[["code"]]?.string, display: $0[["display"]]?.string
            )
        }
    }

    /// Whether a concept names one of them. One without any code is left to the person who reads its text.
    public func covers(_ concept: R4.CodeableConcept) -> Bool {
        let coded = concept.codings.filter { $0.code != nil }
        guard !coded.isEmpty else { return concept.text != nil }
        return coded.contains { candidate in
            codings.contains { $0.code == candidate.code && $0.system == candidate.system }
        }
    }
}
