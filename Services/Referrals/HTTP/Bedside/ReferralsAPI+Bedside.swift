internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// What is seen at the bedside, and how somebody is eight weeks later.
extension ReferralsAPI {
    func addBedside(to routes: inout Routes) {
        let bedside = "/v1/referrals/{referralID}/bedside"
        routes.add(
            Route(
                .get, "/v1/bedside-catalogue", "readBedsideCatalogue",
                "The codes in which a visit at the bedside is told", access: .anyone, discloses: [])
        ) { _, context in
            try await inWork(context) { work in
                try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
                return try .ok(store.bedside)
            }
        }
        routes.add(
            Route(
                .get, bedside, "readBedside", "What is known of an overdose and the visit at the bedside",
                access: .support, discloses: BedsideCatalogue.classes), readBedside)
        routes.add(
            Route(
                .put, bedside, "saveBedside", "Write down what is known of an overdose and the visit at the bedside",
                access: .support, discloses: BedsideCatalogue.classes, bodyLimit: 4 * 1024), saveBedside)
    }

    func readBedside(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("referralID", as: ReferralID.self)
        return try await inWork(context) { work in
            let (referral, found) = try await bedside(of: id, work)
            let (person, permit) = try await person(
                referral.participantID, for: .referral, telling: found?.visit.classes(store.bedside) ?? [], context,
                work)
            guard let found else { throw StoreError(.notFound) }
            try record(.read, permit, person, context, work)
            return try .ok(BedsideView(found, within: permit, store.bedside), etag: found.version)
        }
    }

    /// The first time without If-Match; then on the version that was read. What the caller may not see stays as it is, where
    /// they leave it out.
    func saveBedside(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("referralID", as: ReferralID.self)
        let version = try request.ifMatchIfPresent
        let body = try await request.decode(BedsideBody.self, context: context)
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let (referral, seen) = try await bedside(of: id, work)
            let said = body.visit(after: seen?.visit, at: work.now)
            let told = said.classes(store.bedside).union(seen?.visit.classes(store.bedside) ?? [])
            let (person, permit) = try await person(
                referral.participantID, for: .referral, telling: told, locked: true, context, work)
            guard version != nil || seen == nil else { throw Problem.preconditionRequired }
            try Faults.check(
                said.faults(
                    store.bedside, acceptedAt: referral.acceptedAt, today: try await store.today(in: work),
                    now: work.now))
            guard said.classes(store.bedside).allSatisfy(permit.allows) else {
                throw Problem.forbidden.denying(Denial(.role, participantIDs: [referral.participantID]))
            }
            let saved = try await store.save(
                said.keeping(seen?.visit ?? BedsideVisit(), store.bedside, where: permit.allows), on: referral,
                of: person, seen: seen, expecting: version, by: subject, in: work)
            try record(.update, permit, person, context, work)
            return try .ok(BedsideView(saved, within: permit, store.bedside), etag: saved.version)
        }
    }

    private func bedside(of id: ReferralID, _ work: Work) async throws -> (Referral, StoredBedsideVisit?) {
        guard let referral = try await store.referral(id, in: work)?.referral else { throw StoreError(.notFound) }
        return (referral, try await store.bedsideVisits(of: [referral], in: work).first)
    }
}
