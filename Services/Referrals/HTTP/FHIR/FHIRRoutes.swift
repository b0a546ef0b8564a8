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
    /// Whether endpoints may be at http addresses and on this host: only where things are tried out.
    var allowsLocal = false
    /// How many rows one search looks at; a rarer match is found by following `next`.
    var mostRows = 2000

    var baseURL: String { "\(publicURL)/fhir" }

    private static let consumes = FHIRFormat.consumed

    /// What is about a person in these answers.
    private static let discloses: Set<DataClass> = [.presence, .identity, .referral]

    func add(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/fhir/metadata", "fhirCapabilities", "What this FHIR server can do.", access: .open,
                discloses: [])
        ) { request, _ in
            try FHIRFormat.$asked.withValue(FHIRFormat(askedBy: request)) { try FHIRAnswer.resource(capabilities) }
        }
        addWrites(to: &routes)
        addReads(to: &routes)
        addSubscriptions(to: &routes)
        addCompanions(to: &routes)
        routes.renderProblems(under: "/fhir") { problem, request, _ in
            FHIRFormat.$asked.withValue(FHIRFormat(askedBy: request)) { FHIRAnswer.problem(problem) }
        }
    }

    private func addWrites(to routes: inout Routes) {
        add(.post, "/fhir", "fhirTransaction", "Refer somebody: a transaction Bundle.", to: &routes, postTransaction)
        add(
            .post, "/fhir/ServiceRequest", "fhirCreateServiceRequest", "Refer somebody: an order by itself.",
            to: &routes, postOrder
        )
        add(
            .post, "/fhir/Task", "fhirCreateTask", "The Task of an order that was sent by itself.", to: &routes,
            postTask
        )
        add(
            .post, "/fhir/Patient", "fhirCreatePatient", "Somebody who is to be referred: kept for a day.", to: &routes,
            postPatient)
        add(
            .post, "/fhir/Consent", "fhirCreateConsent", "A consent of somebody who was referred, or is to be.",
            to: &routes, postConsent)
        add(.put, "/fhir/Task/{id}", "fhirUpdateTask", "Take a referral back or correct it.", to: &routes, putTask)
        add(
            .patch, "/fhir/Task/{id}", "fhirPatchTask", "Take a referral back or correct it.",
            consumes: ["application/json-patch+json"], to: &routes, patchTask
        )
    }

    private func addReads(to routes: inout Routes) {
        add(.get, "/fhir/Task", "fhirSearchTasks", "Find the Tasks of one's own referrals.", to: &routes, searchTasks)
        add(
            .get, "/fhir/ServiceRequest", "fhirSearchServiceRequests", "Find one's own orders.", to: &routes,
            searchOrders)
        let form = ["application/x-www-form-urlencoded"]
        add(
            .post, "/fhir/Task/_search", "fhirSearchTasksByForm", "Find Tasks, by a form.", consumes: form,
            to: &routes, searchTasks)
        add(
            .post, "/fhir/ServiceRequest/_search", "fhirSearchServiceRequestsByForm", "Find orders, by a form.",
            consumes: form, to: &routes, searchOrders)
        add(
            .get, "/fhir/HealthcareService", "fhirSearchHealthcareServices",
            "Which programmes can take somebody on.", discloses: [], to: &routes, searchServices)
        add(
            .get, "/fhir/HealthcareService/{id}", "fhirReadHealthcareService", "A programme and its capacity.",
            discloses: [], to: &routes, readService)
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

    /// Those of them that can be sent by themselves.
    static let created = ["Patient", "Consent"] + laterCompanions

    /// Every type that can be read.
    static let types = ["Task", "ServiceRequest", "Organization"] + carried

    /// What a client can be allowed to do.
    static let scopes =
        [
            SMARTScope("ServiceRequest", [.create, .read, .search]),
            SMARTScope("Task", [.create, .read, .update, .search]),
            SMARTScope("Organization", [.read, .search]), SMARTScope("HealthcareService", [.read, .search]),
            SMARTScope("Subscription", [.create, .read, .update, .delete, .search]),
        ]
        + carried.map { type in
            SMARTScope(type, created.contains(type) ? [.create, .read, .search] : [.read, .search])
        }

    func add(
        _ method: HTTPRequest.Method, _ template: String, _ operationID: String, _ summary: String,
        consumes: [String] = consumes, discloses: Set<DataClass> = discloses, to routes: inout Routes,
        _ handle: @escaping Routes.Handler
    ) {
        let route = Route(
            method, template, operationID, summary, access: .roles(.partner), discloses: discloses,
            consumes: [.get, .delete].contains(method) ? [] : consumes
        )
        routes.add(route) { request, context in
            try await FHIRFormat.$asked.withValue(FHIRFormat(askedBy: request)) {
                do {
                    return try await handle(request, context)
                } catch let refusal as R4.Refusal {
                    // All issues with their places, which a problem of one kind cannot carry.
                    return FHIRAnswer.refusal(refusal)
                } catch let error as FHIRAnswer.NotAcceptable {
                    return FHIRAnswer.notAcceptable(error)
                }
            }
        }
    }

    /// The body as a resource.
    func document(_ request: Request, _ context: APIContext) throws(R4.Refusal) -> FHIRDocument {
        try FHIRFormat(of: request).read(Array(context.body.readableBytesView))
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
