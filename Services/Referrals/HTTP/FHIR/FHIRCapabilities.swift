internal import FHIR
internal import Models

extension FHIRRoutes {
    /// What this server can do; a test holds it against the routes.
    var capabilities: FHIRDocument {
        R4.CapabilityStatement(
            softwareVersion: "1.0.0", date: Self.capabilitiesChangedOn, baseURL: baseURL,
            tokenURL: publicURL + SMARTRoutes.tokenPath, resources: Self.resources, takesTransactions: true,
            implementationGuides: [
                "http://hl7.org/fhir/us/sdoh-clinicalcare/ImplementationGuide/hl7.fhir.us.sdoh-clinicalcare"
            ]
        ).document
    }

    // 22 November 2026, as days since 1970: a constant that needs no unwrapping.
    private static let capabilitiesChangedOn = CivilDate(daysSince1970: 20_779)

    private static let resources: [R4.CapabilityStatement.Resource] =
        [
            .init(
                type: "Task", interactions: [.read, .vread, .historyInstance, .searchType, .update, .patch],
                searchParameters: R4.SearchParameter.task,
                documentation: "Created with a referral. Its sender may cancel it or mark it entered in error."
            ),
            .init(
                type: "ServiceRequest", interactions: [.read, .create], conditionalCreate: true,
                documentation: "An order for peer support, with its patient contained, by identifier, or by our id."
            ),
            .init(type: "Organization", interactions: [.read]),
            .init(
                type: "Consent", interactions: [.read, .searchType],
                searchParameters: [R4.SearchParameter("patient", .reference, at: "patient")],
                documentation: "What was sent, and the consents that name the caller, whoever recorded them."
            ),
        ] + carried.filter { $0 != "Consent" }.map { .init(type: $0, interactions: [.read]) }
}
