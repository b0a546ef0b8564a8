internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Beds, who has them, and who waits: who lives in a residence is in recovery, so only the agency's office sees the lists.
extension ReferralsAPI {
    func addBeds(to routes: inout Routes) {
        let residence = "/v1/residences/{residenceID}"
        routes.add(
            Route(
                .post, "\(residence)/beds", "addBed", "Enter a bed of a residence", access: .office, discloses: [],
                idempotency: .supported, bodyLimit: 4096), addBed)
        routes.add(
            Route(
                .put, "\(residence)/beds/{bedID}", "changeBed",
                "Describe a bed anew, take it out of service, or remove it", access: .office, discloses: [],
                bodyLimit: 4096), changeBed)
        routes.add(
            Route(
                .get, "\(residence)/beds", "listBeds", "A residence's beds, and who has them", access: .office,
                discloses: [.presence, .location]), listBeds)
        routes.add(
            Route(
                .get, "\(residence)/beds/{bedID}/next", "listNextForBed",
                "Who waits and whom this bed fits, the first in the line first: for a person to decide",
                access: .office, discloses: Self.placementClasses), listNextForBed)
        routes.add(
            Route(
                .get, "\(residence)/waiting-list", "listWaiting", "Who waits for a residence, in their order",
                access: .office, discloses: Self.placementClasses), listWaiting)
        routes.add(
            Route(
                .get, "\(residence)/placements", "listPlacementsOfResidence",
                "The placements of a residence in one state: who lives there, who did", access: .office,
                discloses: Self.placementClasses), listPlacementsOfResidence)
    }

    func addBed(_ request: Request, _ context: APIContext) async throws -> Response {
        let residenceID = try context.parameter("residenceID", as: ResidenceID.self)
        let body = try await request.decode(BedBody.self, context: context).checked()
        let id = store.ids.new(BedID.self)
        return try await inWork(context) { work in
            let record = AuditRecord(.create, under: try context.permit())
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                try await store.insert(
                    Bed(
                        bedID: id, residenceID: residenceID, label: body.label, kind: body.kind,
                        service: body.service ?? .inService), in: work)
            } answer: { made in
                guard let bed = try await store.bed(BedID(rawValue: made), in: work) else {
                    throw StoreError(.notFound)
                }
                return try .created(
                    BedView(bed), at: "/v1/residences/\(bed.residenceID)/beds", etag: bed.version)
            }
        }
    }

    func changeBed(_ request: Request, _ context: APIContext) async throws -> Response {
        let residenceID = try context.parameter("residenceID", as: ResidenceID.self)
        let id = try context.parameter("bedID", as: BedID.self)
        let version = try request.ifMatch
        let body = try await request.decode(BedBody.self, context: context).checked()
        return try await inWork(context) { work in
            let bed = try await store.update(id, of: residenceID, expecting: version, in: work) { bed in
                (bed.label, bed.kind, bed.service) = (body.label, body.kind, body.service ?? .inService)
            }
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .ok(BedView(bed), etag: bed.version)
        }
    }

    /// Whoever is withheld from the caller leaves a bed that is taken by nobody who is named.
    func listBeds(_ request: Request, _ context: APIContext) async throws -> Response {
        let residenceID = try context.parameter("residenceID", as: ResidenceID.self)
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: BedID.self) }
        return try await inWork(context) { work in
            try await checkThere(residenceID, work)
            let beds = try await store.beds(of: residenceID, after: after, atMost: page.limit + 1, in: work)
            let found = Page(beds, limit: page.limit) { [$0.bed.bedID.description] }
            let permits = try await context.permits(
                listing: found.items.compactMap { $0.taken?.participantID }, as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(listing: permits, under: try context.permit()), context)
            let views = found.items.map { bed in
                BedView(
                    bed, telling: bed.taken.flatMap { permits[$0.participantID] }?.allows(.location) ?? false,
                    at: work.now)
            }
            return try .ok(Page(items: views, next: found.next))
        }
    }

    func listNextForBed(_ request: Request, _ context: APIContext) async throws -> Response {
        let residenceID = try context.parameter("residenceID", as: ResidenceID.self)
        let id = try context.parameter("bedID", as: BedID.self)
        return try await inWork(context) { work in
            guard let bed = try await store.bed(id, in: work), bed.residenceID == residenceID else {
                throw StoreError(.notFound)
            }
            let found = try await store.waiting(for: residenceID, fitting: bed.kind, atMost: 5, in: work)
            return try await answer(Page(items: found, next: nil), context, work)
        }
    }

    func listWaiting(_ request: Request, _ context: APIContext) async throws -> Response {
        let residenceID = try context.parameter("residenceID", as: ResidenceID.self)
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in
            WaitingPosition(
                rank: try cursor.value(0), appliedAt: try cursor.value(1), placementID: try cursor.value(2))
        }
        return try await inWork(context) { work in
            try await checkThere(residenceID, work)
            let found = try await store.waiting(
                for: residenceID, after: after, atMost: page.limit + 1, in: work)
            return try await answer(
                Page(found, limit: page.limit) { stored in
                    let placement = stored.placement
                    return [
                        String(placement.priorityRank), placement.appliedAt.description,
                        placement.placementID.description,
                    ]
                }, context, work)
        }
    }

    func listPlacementsOfResidence(_ request: Request, _ context: APIContext) async throws -> Response {
        let residenceID = try context.parameter("residenceID", as: ResidenceID.self)
        let status = try request.code("status", as: PlacementStatus.self) ?? .movedIn
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: PlacementID.self) }
        return try await inWork(context) { work in
            try await checkThere(residenceID, work)
            let found = try await store.placements(
                of: residenceID, status, before: before, atMost: page.limit + 1, in: work)
            return try await answer(
                Page(found, limit: page.limit) { [$0.placement.placementID.description] }, context, work)
        }
    }

    private func checkThere(_ id: ResidenceID, _ work: Work) async throws {
        guard try await store.residence(id, in: work) != nil else { throw StoreError(.notFound) }
    }

    /// Without those who are withheld from the caller; their places in the line count all the same.
    private func answer(
        _ page: Page<StoredPlacement>, _ context: APIContext, _ work: Work
    ) async throws -> Response {
        let permits = try await context.permits(
            listing: page.items.map(\.placement.participantID), as: .agency, in: work.tx, at: work.now)
        try work.tx.audit(AuditRecord(listing: permits, under: try context.permit()), context)
        let shown = page.items.filter { permits[$0.placement.participantID]?.showsPlacements ?? false }
        return try .ok(Page(items: shown.map(PlacementView.init), next: page.next))
    }
}

extension Permit {
    /// Whether what is left of the classes is enough for a placement: it says where somebody lives, and why they left.
    var showsPlacements: Bool { allows(.location) && allows(.referral) }
}
