internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Sending referrals on to other organisations, and seeing what becomes of them there.
extension ReferralsAPI {
    func addOnward(to routes: inout Routes) {
        let classes: Set<DataClass> = [.presence, .referral, .medication, .justice]
        routes.add(
            Route(
                .post, "/v1/referrals/{referralID}/onward", "sendReferralOn",
                "Send a referral on to another organisation, under a consent that names it", access: .office,
                discloses: classes, idempotency: .supported, bodyLimit: 16 * 1024), sendOn)
        routes.add(
            Route(
                .get, "/v1/referrals/{referralID}/onward", "listOnwardOfReferral",
                "To whom a referral was sent on, and what became of it there", access: .office, discloses: classes),
            listOnwardOfReferral)
        routes.add(
            Route(
                .get, "/v1/onward-referrals", "listOnward", "Referrals that were sent on, by where they stand",
                access: .office, discloses: classes), listOnward)
        routes.add(
            Route(
                .get, "/v1/onward-referrals/{onwardID}", "readOnward", "One referral that was sent on",
                access: .office, discloses: classes), readOnward)
        routes.add(
            Route(
                .post, "/v1/onward-referrals/{onwardID}/take-back", "takeOnwardBack",
                "Take a referral back that was sent on", access: .office, discloses: classes,
                idempotency: .supported, bodyLimit: 1024), takeOnwardBack)
    }

    func sendOn(_ request: Request, _ context: APIContext) async throws -> Response {
        let referralID = try context.parameter("referralID", as: ReferralID.self)
        let body = try await request.decode(OnwardBody.self, context: context)
        try body.check(store.linkages)
        let (id, subject) = (store.ids.new(OnwardID.self), try context.principal.subject)
        return try await inWork(context) { work in
            guard let referral = try await store.referral(referralID, in: work)?.referral else {
                throw StoreError(.notFound)
            }
            let (person, permit) = try await self.person(
                referral.participantID, for: onwardClass(body.service), locked: true, context, work)
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                try await check(body, referral, person, work)
                try await store.insert(
                    OnwardReferral(
                        onwardID: id, referralID: referralID, participantID: referral.participantID,
                        to: body.partnerID, service: body.service,
                        priority: body.priority ?? referral.request.priority, by: subject, at: work.now),
                    note: body.note, of: person, in: work)
            } answer: { made in
                guard let stored = try await store.onward(OnwardID(rawValue: made), in: work) else {
                    throw StoreError(.notFound)
                }
                let view = try OnwardView(stored, of: person)
                return try .created(view, at: "/v1/onward-referrals/\(view.onwardID)", etag: view.version)
            }
        }
    }

    /// Whether it may go out now. It is asked again when it does.
    private func check(
        _ body: OnwardBody, _ referral: Referral, _ person: StoredPerson, _ work: Work
    ) async throws {
        guard let partner = try await store.partner(body.partnerID, in: work), partner.status == .active,
            try await store.outsideServer(of: body.partnerID, in: work)?.server.clientID != nil
        else { throw Faults([Fault("/partnerID", "an active partner whose server knows the agency")]) }
        guard referral.mayBeSentOn else {
            throw Problem.conflict(
                "not-to-be-sent-on", title: "The referral is not one to be sent on",
                detail: "It is \(referral.status.rawValue).")
        }
        guard !person.isErased else { throw VaultError(.erased) }
        guard person.identity.isNamed else {
            throw Problem.conflict(
                "name-not-known", title: "The person's name is not known",
                detail: "The other organisation could not know who is meant.")
        }
        guard try await store.mayBeSentOn(person, to: partner, for: body.service, in: work) != nil else {
            throw Problem.notToBeTold.denying(Denial(.consent, participantIDs: person.ids.all))
        }
    }

    func listOnwardOfReferral(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("referralID", as: ReferralID.self)
        let page = try request.page()
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: OnwardID.self) }
        return try await inWork(context) { work in
            guard let referral = try await store.referral(id, in: work)?.referral else { throw StoreError(.notFound) }
            let (person, permit) = try await person(referral.participantID, for: .referral, context, work)
            let found = try await store.onwards(of: id, before: last, atMost: page.limit + 1, in: work)
            try record(.read, permit, person, context, work)
            let all = Page(found, limit: page.limit) { [$0.onward.onwardID.description] }
            let items = try all.items.filter { permit.allows(onwardClass($0.onward.service)) }
                .map { try OnwardView($0, of: person) }
            return try .ok(Page(items: items, next: all.next))
        }
    }

    func listOnward(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let status = try request.code("status", as: OnwardReferral.Status.self) ?? .sent
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: OnwardID.self) }
        return try await inWork(context) { work in
            let found = try await store.onwards(status, before: last, atMost: page.limit + 1, in: work)
            let permits = try await context.permits(
                listing: found.map(\.onward.participantID), as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(listing: permits), context)
            let all = Page(found, limit: page.limit) { [$0.onward.onwardID.description] }
            // What was written is read one by one; the board says where things stand.
            let items = all.items.filter {
                permits[$0.onward.participantID]?.allows(onwardClass($0.onward.service)) ?? false
            }
            return try .ok(Page(items: try items.map { try OnwardView($0) }, next: all.next))
        }
    }

    func readOnward(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withOnward(context) { stored, person, permit, work in
            try record(.read, permit, person, context, work)
            let view = try OnwardView(stored, of: person)
            return try .ok(view, etag: view.version)
        }
    }

    func takeOnwardBack(_ request: Request, _ context: APIContext) async throws -> Response {
        let version = try request.ifMatch
        return try await withOnward(context) { stored, person, permit, work in
            let id = stored.onward.onwardID
            let record = AuditRecord(.update, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok, recording: record) {
                try await store.takeBack(id, expecting: version, in: work)
            } answer: { _ in
                guard let stored = try await store.onward(id, in: work) else { throw StoreError(.notFound) }
                let view = try OnwardView(stored, of: person)
                return try .ok(view, etag: view.version)
            }
        }
    }

    private func withOnward(
        _ context: APIContext, _ answer: @Sendable (StoredOnward, StoredPerson, Permit, Work) async throws -> Response
    ) async throws -> Response {
        let id = try context.parameter("onwardID", as: OnwardID.self)
        return try await inWork(context) { work in
            guard let stored = try await store.onward(id, in: work) else { throw StoreError(.notFound) }
            let (person, permit) = try await person(
                stored.onward.participantID, for: onwardClass(stored.onward.service), context, work)
            return try await answer(stored, person, permit, work)
        }
    }

    private func onwardClass(_ service: String?) -> DataClass {
        service.map(store.linkages.dataClass(ofService:)) ?? .referral
    }
}
