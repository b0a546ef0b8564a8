internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Whether the agency can take somebody on, asked before anybody is referred: nothing in the question or the answer is
/// about a person.
extension FHIRRoutes {
    @Sendable
    func searchServices(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.search, "HealthcareService")
        let items = R4.SearchQuery.items(of: request.uri.query ?? "")
        guard !items.contains(where: { Self.namesSomebody($0.name) }) else {
            throw R4.Refusal(.businessRule, "A question about capacity is about nobody: leave the person out.")
        }
        let query = try R4.SearchQuery(
            items, known: R4.SearchParameter.healthcareService, includes: [Self.serviceInclude.name],
            handling: Self.handling(request))
        return try await work(caller, context) { work in
            let agency = try await store.agency(in: work)
            let found = try await services(agency, in: work).filter { service in
                query.filters.allSatisfy {
                    $0.matches(service, known: R4.SearchParameter.healthcareService, baseURL: baseURL)
                }
            }
            try work.tx.audit(AuditRecord(.search, under: try context.permit(classes: [])), context)
            let shown = query.onlyCounts ? [] : found.prefix(query.count.map { max(1, $0) } ?? found.count)
            let organization =
                query.includes.isEmpty || shown.isEmpty
                ? [] : [try ResourceRendering(agency: agency).organization]
            func address(_ document: FHIRDocument) -> String {
                "\(baseURL)/\(document.resourceType)/\(document.id ?? "")"
            }
            let pairs = query.used.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
            let link = "\(baseURL)/HealthcareService" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
            return try FHIRAnswer.resource(
                R4.Bundle.searchset(
                    matches: shown.map { (address($0), $0) }, included: organization.map { (address($0), $0) },
                    total: found.count, links: [("self", link)], at: work.now,
                    outcome: query.warnings.isEmpty || query.onlyCounts ? nil : R4.OperationOutcome(query.warnings)))
        }
    }

    @Sendable
    func readService(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.read, "HealthcareService")
        let id: String = try context.parameter("id")
        return try await work(caller, context) { work in
            let services = try await services(try await store.agency(in: work), in: work)
            guard let service = services.first(where: { $0.id == id }) else { throw Problem.hidden }
            try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
            return try FHIRAnswer.resource(service)
        }
    }

    static let serviceInclude = R4.SearchInclude("HealthcareService:organization", at: "providedBy")

    private func services(_ agency: AgencyProfile, in work: Work) async throws -> [FHIRDocument] {
        let stated = try await store.capacity(in: work)
        let rendering = HealthcareServiceRendering(agency: agency, now: work.now)
        return try ReferralRequest.programmes.sorted { $0.rawValue < $1.rawValue }.map { programme in
            try rendering.document(programme, stated: stated.first { $0.programme == programme })
        }
    }

    private static func namesSomebody(_ parameter: String) -> Bool {
        ["patient", "subject", "for", "beneficiary", "member"].contains {
            parameter.split(whereSeparator: { $0 == ":" || $0 == "." }).first == $0[...]
        }
    }
}
