internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Days of insurance and benefits.
extension ReferralsAPI {
    func addCoverages(to routes: inout Routes) {
        let coverages = "/v1/participants/{participantID}/coverages"
        routes.add(
            Route(
                .get, coverages, "listCoverages", "On which days a participant is covered by what",
                access: .supportAndOwn, discloses: [.presence, .referral]), listCoverages)
        routes.add(
            Route(
                .post, coverages, "recordCoverage", "Write down by what a participant is covered", access: .support,
                discloses: [.presence, .referral], idempotency: .supported, bodyLimit: 1024), recordCoverage)
        routes.add(
            Route(
                .post, "/v1/coverages/{coverageID}/end", "endCoverage", "Say what the last day of a coverage is",
                access: .support, discloses: [.presence, .referral], idempotency: .supported, bodyLimit: 1024),
            endCoverage)
    }

    func listCoverages(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            let (person, permit) = try await person(id, for: .referral, context, work)
            let all = try await store.coverages(of: person.ids, in: work)
            try record(.read, permit, person, context, work)
            return try .ok(Page(items: all.map(CoverageView.init), next: nil))
        }
    }

    func recordCoverage(_ request: Request, _ context: APIContext) async throws -> Response {
        let participantID = try context.parameter("participantID", as: ParticipantID.self)
        let body = try await request.decode(CoverageBody.self, context: context)
        try Faults.check(body.faults(store.linkages))
        let (id, subject) = (store.ids.new(CoverageID.self), try context.principal.subject)
        return try await inWork(context) { work in
            let (person, permit) = try await person(participantID, for: .referral, locked: true, context, work)
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                try await store.insert(
                    CoverageSpan(
                        coverageID: id, participantID: person.ids.remaining, programme: body.programme,
                        planCode: body.planCode, from: body.from, through: body.through, recordedAt: work.now,
                        recordedBy: subject),
                    of: person, in: work)
            } answer: { made in
                let all = try await store.coverages(of: person.ids, in: work)
                guard let found = all.first(where: { $0.coverageID.rawValue == made }) else {
                    throw StoreError(.notFound)
                }
                return try .created(
                    CoverageView(found), at: "/v1/participants/\(found.participantID)/coverages", etag: found.version)
            }
        }
    }

    func endCoverage(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("coverageID", as: CoverageID.self)
        let version = try request.ifMatch
        let body = try await request.decode(CoverageEnd.self, context: context)
        return try await inWork(context) { work in
            guard let owner = try await store.participant(ofCoverage: id, in: work) else { throw StoreError(.notFound) }
            let (person, permit) = try await person(owner, for: .referral, locked: true, context, work)
            let record = AuditRecord(.update, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok, recording: record) {
                _ = try await store.end(
                    id, through: body.through, of: person, expecting: version, in: work)
            } answer: { _ in
                let all = try await store.coverages(of: person.ids, in: work)
                guard let found = all.first(where: { $0.coverageID == id }) else { throw StoreError(.notFound) }
                return try .ok(CoverageView(found), etag: found.version)
            }
        }
    }
}

/// `POST …/coverages`.
struct CoverageBody: Decodable, Sendable {
    /// A code of the catalogue.
    var programme: String
    /// The programme's own code of what the person has: capital letters, digits and hyphens.
    var planCode: String?
    var from: CivilDate
    /// The last day; absent while none is known.
    var through: CivilDate?

    func faults(_ catalogue: LinkageCatalogue) -> [Fault] {
        var found: [Fault] = []
        if !catalogue.coverages.has(programme) { found.append(Fault("/programme", catalogue.coverages.oneOf)) }
        if let planCode, !Self.isPlanCode(planCode) {
            found.append(Fault("/planCode", "1 to 12 capital letters, digits and hyphens"))
        }
        if let through, through < from { found.append(Fault("/through", "not before the first day")) }
        return found
    }

    private static func isPlanCode(_ text: String) -> Bool {
        (1...12).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D }
    }
}

/// `POST …/end`.
struct CoverageEnd: Decodable, Sendable {
    var through: CivilDate
}

/// A span as it is shown.
struct CoverageView: Encodable {
    let coverageID: CoverageID
    let participantID: ParticipantID
    let programme: String
    let planCode: String?
    let from: CivilDate
    let through: CivilDate?
    let recordedAt: Instant
    let recordedBy: String
    let version: Int

    init(_ span: CoverageSpan) {
        (coverageID, participantID, programme) = (span.coverageID, span.participantID, span.programme)
        (planCode, from, through) = (span.planCode, span.from, span.through)
        (recordedAt, recordedBy, version) = (span.recordedAt, span.recordedBy, span.version)
    }
}
