internal import FHIR
internal import Hummingbird
internal import Models
internal import NIOCore
internal import ServiceKit

/// The FHIR R4 API for partners that refer (HL7 SDOH Clinical Care, direct referral).
struct FHIRRoutes: Sendable {
    let database: Database
    let store: Store
    /// `https://host`, without a slash at the end.
    let publicURL: String
    let clock: WallClock

    var baseURL: String { "\(publicURL)/fhir" }

    private static let consumes = ["application/fhir+json", "application/json"]

    /// What is about a person in these answers.
    private static let discloses: Set<DataClass> = [.presence, .identity, .referral]

    func add(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/fhir/metadata", "fhirCapabilities", "What this FHIR server can do.", access: .open,
                discloses: [])
        ) { _, _ in
            FHIRAnswer.resource(capabilities)
        }
        addWrites(to: &routes)
        addReads(to: &routes)
        routes.renderProblems(under: "/fhir") { problem, _ in FHIRAnswer.problem(problem) }
    }

    private func addWrites(to routes: inout Routes) {
        add(.post, "/fhir", "fhirTransaction", "Refer somebody: a transaction Bundle.", to: &routes, postTransaction)
        add(
            .post, "/fhir/ServiceRequest", "fhirCreateServiceRequest", "Refer somebody: an order by itself.",
            to: &routes, postOrder
        )
        add(.put, "/fhir/Task/{id}", "fhirUpdateTask", "Take a referral back or correct it.", to: &routes, putTask)
        add(
            .patch, "/fhir/Task/{id}", "fhirPatchTask", "Take a referral back or correct it.",
            consumes: ["application/json-patch+json"], to: &routes, patchTask
        )
    }

    private func addReads(to routes: inout Routes) {
        add(.get, "/fhir/Task", "fhirSearchTasks", "Find the Tasks of one's own referrals.", to: &routes, searchTasks)
        add(.get, "/fhir/Task/{id}", "fhirReadTask", "How a referral goes.", to: &routes, readTask)
        add(
            .get, "/fhir/Task/{id}/_history", "fhirReadTaskHistory", "How a referral went, version by version.",
            to: &routes, readTaskHistory
        )
        add(
            .get, "/fhir/Task/{id}/_history/{vid}", "fhirReadTaskVersion", "One version of a Task.", to: &routes,
            readTaskVersion
        )
        add(.get, "/fhir/ServiceRequest/{id}", "fhirReadServiceRequest", "An order.", to: &routes, readOrder)
        add(
            .get, "/fhir/Organization/{id}", "fhirReadOrganization", "The agency, or an organisation that was sent.",
            to: &routes, readOrganization)
        add(
            .get, "/fhir/Consent", "fhirSearchConsents",
            "The consents that name one's own organisation, of one patient.",
            to: &routes, searchConsents)
        for type in Self.carried {
            add(.get, "/fhir/\(type)/{id}", "fhirRead\(type)", "A \(type) as it was sent.", to: &routes) {
                request, context in try await readOther(type, request, context)
            }
        }
    }

    /// Types that come along with a referral and can be read again.
    static let carried = [
        "Patient", "Consent", "Encounter", "Practitioner", "PractitionerRole", "Condition", "Location", "RelatedPerson",
        "Observation", "Coverage", "Provenance",
    ]

    /// Every type that can be read.
    static let types = ["Task", "ServiceRequest", "Organization"] + carried

    /// What a client can be allowed to do.
    static let scopes =
        [
            SMARTScope("ServiceRequest", [.create, .read]), SMARTScope("Task", [.read, .update, .search]),
            SMARTScope("Organization", [.read]),
        ] + carried.map { SMARTScope($0, [.read]) }

    private func add(
        _ method: HTTPRequest.Method, _ template: String, _ operationID: String, _ summary: String,
        consumes: [String] = consumes, to routes: inout Routes, _ handle: @escaping Routes.Handler
    ) {
        let route = Route(
            method, template, operationID, summary, access: .roles(.partner), discloses: Self.discloses,
            consumes: method == .get ? [] : consumes
        )
        routes.add(route) { request, context in
            do {
                return try await handle(request, context)
            } catch let refusal as R4.Refusal {
                // All issues with their places, which a problem of one kind cannot carry.
                return FHIRAnswer.refusal(refusal)
            }
        }
    }

    /// The body as a resource.
    func document(_ context: APIContext) throws(R4.Refusal) -> FHIRDocument {
        try FHIRDocument.parse(Array(context.body.readableBytesView))
    }

    /// A transaction of the caller's agency, run again where it met another one.
    func work<T: Sendable>(
        _ caller: FHIRCaller, _ context: APIContext, _ body: @Sendable (Work) async throws -> T
    ) async throws -> T {
        try await database.pool.work(
            for: caller.agencyID, headers: context.messageHeaders, clock: clock, by: context.deadline, body
        )
    }
}
