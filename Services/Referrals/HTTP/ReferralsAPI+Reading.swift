internal import Confidentiality
internal import FoundationEssentials
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addReading(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/referrals", "listReferrals", "Referrals, by status or of one person",
                access: .officeAndPartners,
                discloses: [.presence, .referral]
            ),
            listReferrals
        )
        routes.add(
            Route(
                .get, "/v1/referrals/{referralID}", "readReferral", "One referral", access: .officeAndPartners,
                discloses: [.presence, .referral]
            ),
            readReferral
        )
        routes.add(
            Route(
                .get, "/v1/referrals/{referralID}/history", "readReferralHistory", "Each change of a referral",
                access: .office, discloses: [.presence, .referral]
            ),
            readHistory
        )
    }

    func readReferral(_ request: Request, _ context: APIContext) async throws -> Response {
        switch try Caller(context.principal) {
        case .staff:
            let id = try context.parameter("referralID", as: ReferralID.self)
            let stored = try await store.read(
                id, in: context.agencyID, recording: context.auditBeside(under: context.permit()), from: database.pool,
                by: context.deadline
            )
            guard let stored else { return try await readRestricted(id, context) }
            let view = ReferralView(stored.referral)
            return .ok(view, etag: view.version)
        case .partner(let partner, let client):
            let alias = try context.parameter("referralID", as: UUIDText.self).uuid
            return try await inWork(context) { work in
                guard let taken = try await store.sent(alias, .referral, by: partner, in: work) else {
                    throw StoreError(.notFound)
                }
                return try await answer(taken, to: .partner(partner, client: client), as: .read, context, work)
            }
        }
    }

    /// The long way, for what the statement that reads and records at once leaves out: somebody whom a restriction keeps
    /// from one of the agency's own people. For all others of them nothing changes.
    private func readRestricted(_ id: ReferralID, _ context: APIContext) async throws -> Response {
        try await inWork(context) { work in
            guard let stored = try await store.referral(id, in: work) else { throw StoreError(.notFound) }
            let participantID = stored.referral.participantID
            let permit = try await context.permit(about: participantID, as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(.read, under: permit, participantIDs: [participantID]), context)
            let view = ReferralView(stored.referral)
            return .ok(view, etag: view.version)
        }
    }

    func readHistory(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("referralID", as: ReferralID.self)
        return try await inWork(context) { work in
            guard let stored = try await store.referral(id, in: work) else { throw StoreError(.notFound) }
            let changes = try await store.history(of: stored.referral, in: work)
            let participantID = stored.referral.participantID
            let permit = try await context.permit(about: participantID, as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(.read, under: permit, participantIDs: [participantID]), context)
            return try .ok(Page(items: changes.map(ChangeView.init), next: nil), etag: stored.referral.version)
        }
    }

    func listReferrals(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try Caller(context.principal)
        let page = try request.page()
        let status = try request.query("status", as: StatusText.self)?.status
        let awaitsClosing = try request.query("awaiting", as: AwaitingClosing.self) != nil
        let participantID = try request.query("participantID", as: ParticipantID.self)
        switch caller {
        case .staff:
            if let participantID {
                guard status == nil, !awaitsClosing else {
                    throw Problem.invalid("participantID", "stands by itself: all referrals of the person")
                }
                return try await listReferrals(of: participantID, page, context)
            }
            let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: ReferralID.self) }
            let rows = try await listed(
                awaitsClosing, status, ListPage(limit: page.limit + 1, before: before), context
            )
            let views = rows.map { ReferralView($0.referral) }
            return .ok(Page(views, limit: page.limit) { [$0.referralID.description] })
        case .partner(let partner, _):
            guard participantID == nil else {
                throw Problem.invalid("participantID", "only for the agency's own people")
            }
            return try await inWork(context) { work in
                try await listSent(by: partner, status, page, context, work)
            }
        }
    }

    /// The rows of a page, with the audit row of the search.
    private func listed(
        _ awaitsClosing: Bool, _ status: ReferralStatus?, _ page: ListPage, _ context: APIContext
    ) async throws -> [StoredReferral] {
        guard awaitsClosing else {
            return try await store.list(
                status, page: page, in: context.agencyID, recording: context.auditBeside(under: context.permit()),
                from: database.pool, by: context.deadline
            )
        }
        return try await database.pool.work(for: context.agencyID, clock: clock, by: context.deadline) { work in
            let rows = try await store.listAwaitingClosing(page: page, in: work)
            let permits = try await context.permits(
                listing: rows.map(\.referral.participantID), as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(listing: permits), context)
            return rows.filter { permits[$0.referral.participantID] != nil }
        }
    }

    /// A person's referrals, under all of their ids, the latest first.
    private func listReferrals(
        of id: ParticipantID, _ page: PageRequest, _ context: APIContext
    ) async throws -> Response {
        let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: ReferralID.self) }
        return try await inWork(context) { work in
            let (person, permit) = try await person(id, for: .referral, context, work)
            let found = try await store.referrals(
                of: person.ids, page: ListPage(limit: page.limit + 1, before: before), in: work)
            try record(.search, permit, person, context, work)
            let views = found.map { ReferralView($0.referral) }
            return .ok(Page(views, limit: page.limit) { [$0.referralID.description] })
        }
    }

    private func listSent(
        by partner: PartnerID, _ status: ReferralStatus?, _ page: PageRequest, _ context: APIContext, _ work: Work
    ) async throws -> Response {
        var position = ShownPosition.start
        if let cursor = page.cursor {
            position.at = try cursor.value(0)
            let alias = try cursor.value(1, as: UUIDText.self).uuid
            guard let id = try await store.resolve(alias, .referral, of: partner, as: ReferralID.self, in: work) else {
                throw Problem.invalid("cursor", "not a cursor of this list")
            }
            position.referralID = id
        }
        let sent = try await store.sent(
            by: partner, statuses: status.map { [$0] }, after: position, limit: page.limit, in: work
        )
        try store.record(sent.items, toldTo: partner, context, in: work)
        var next: Cursor?
        if let end = sent.next, let stored = try await store.referral(end.referralID, in: work) {
            let alias = try await store.senderIDs(of: stored, for: partner, in: work).referralID
            next = Cursor([end.at.description, alias.uuidString])
        }
        return .ok(Page(items: try sent.items.map(SentReferralView.init), next: next))
    }
}

/// A UUID in a path or query.
struct UUIDText: LosslessStringConvertible {
    let uuid: UUID

    init?(_ description: String) {
        guard let uuid = UUID(uuidString: description) else { return nil }
        self.uuid = uuid
    }

    var description: String { uuid.uuidString.lowercased() }
}

/// A status in a query.
struct StatusText: LosslessStringConvertible {
    let status: ReferralStatus

    init?(_ description: String) {
        guard let status = ReferralStatus(rawValue: description) else { return nil }
        self.status = status
    }

    var description: String { status.rawValue }
}

/// `awaiting=closing`.
struct AwaitingClosing: LosslessStringConvertible {
    init?(_ description: String) {
        guard description == "closing" else { return nil }
    }

    var description: String { "closing" }
}
