extension R4.SearchParameter {
    /// What is found of the resources that come along with referrals, by type. A Patient is found by id only: names and
    /// numbers of people do not belong into URLs.
    public static func companion(_ type: String) -> [R4.SearchParameter] {
        let own: [R4.SearchParameter] =
            switch type {
            case "Condition":
                [
                    .init("patient", .reference, at: "subject"), .init("category", .token, at: "category"),
                    .init("code", .token, at: "code"), .init("clinical-status", .token, at: "clinicalStatus"),
                    .init("verification-status", .token, at: "verificationStatus"),
                ]
            case "Observation":
                [
                    .init("patient", .reference, at: "subject"), .init("category", .token, at: "category"),
                    .init("code", .token, at: "code"), .init("status", .token, at: "status"),
                ]
            case "Coverage":
                [.init("patient", .reference, at: "beneficiary"), .init("status", .token, at: "status")]
            case "Encounter": [.init("patient", .reference, at: "subject"), .init("status", .token, at: "status")]
            case "RelatedPerson": [.init("patient", .reference, at: "patient")]
            case "PractitionerRole":
                [
                    .init("organization", .reference, at: "organization"),
                    .init("practitioner", .reference, at: "practitioner"),
                ]
            case "Provenance": [.init("target", .reference, at: "target")]
            default: []
            }
        return common + own
    }

    /// Where a resource that may come after its referral says whom it is about; nil for other types.
    public static func person(of type: String) -> String? {
        switch type {
        case "Condition", "Observation", "Encounter": "subject"
        case "Coverage": "beneficiary"
        case "RelatedPerson": "patient"
        default: nil
        }
    }
}
