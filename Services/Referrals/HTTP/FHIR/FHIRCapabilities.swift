internal import FHIR
internal import Models
internal import ReferralsDomain

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

    private static let subscriptionOperations =
        "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition"

    private static let resources: [R4.CapabilityStatement.Resource] =
        [
            .init(
                type: "Task",
                interactions: [.create, .read, .vread, .historyInstance, .searchType, .update, .patch],
                searchParameters: R4.SearchParameter.task, includes: SearchedType.task.includes.map(\.name),
                conditionalCreate: true,
                documentation: """
                    Sent with the order, or after it. Its sender may request a draft, cancel it or mark it entered in error.
                    Also found by what its order says: focus:ServiceRequest.status and the like.
                    """
            ),
            .init(
                type: "ServiceRequest", interactions: [.read, .create, .searchType],
                searchParameters: R4.SearchParameter.serviceRequest,
                includes: SearchedType.order.includes.map(\.name),
                reverseIncludes: SearchedType.order.reverseIncludes.map(\.name), conditionalCreate: true,
                documentation: """
                    An order for peer support, with its patient contained, by identifier, or by our id: also of one who was \
                    sent before it.
                    """
            ),
            .init(
                type: "Organization", interactions: [.read, .searchType],
                searchParameters: R4.SearchParameter.companion("Organization")),
            .init(
                type: "HealthcareService", interactions: [.read, .searchType],
                searchParameters: R4.SearchParameter.healthcareService, includes: [serviceInclude.name],
                documentation: "The agency's programmes and whether they can take somebody on, as its people last said."
            ),
            .init(
                type: "Subscription", interactions: [.create, .read, .searchType, .update, .delete],
                operations: [
                    .init("status", definedBy: "\(subscriptionOperations)/backport-subscription-status"),
                    .init("events", definedBy: "\(subscriptionOperations)/backport-subscription-events"),
                ], topics: Subscription.Topic.allCases.map(\.url),
                documentation: """
                    By rest-hook, with empty or id-only notifications in JSON, one event each. Each update but to off begins \
                    with a handshake; headers that it leaves out stay as long as the endpoint does.
                    """
            ),
            .init(
                type: "Consent", interactions: [.create, .read, .searchType],
                searchParameters: [R4.SearchParameter("patient", .reference, at: "patient")], conditionalCreate: true,
                documentation: """
                    What was sent, and the consents that name the caller, whoever recorded them. One that comes by itself is \
                    about a Patient who was referred or sent; what it lacks is said in Warning headers, or as an \
                    OperationOutcome (Prefer: return=OperationOutcome).
                    """
            ),
        ]
        + carried.filter { $0 != "Consent" }.map { type in
            let isCreated = created.contains(type)
            return .init(
                type: type, interactions: (isCreated ? [.create] : []) + [.read, .searchType],
                searchParameters: R4.SearchParameter.companion(type), conditionalCreate: isCreated,
                documentation: type == "Patient"
                    ? """
                    One that comes by itself is kept for a day, is read by its id, and is found by searching once an order is \
                    about it.
                    """ : nil)
        }
}
