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
                .get, "/v1/referrals", "listReferrals", "Referrals, by status", access: .officeAndPartners,
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
        let caller = try Caller(context.principal)
        return try await inWork(context) { work in
            try answer(try await referral(of: caller, context, work), to: caller, status: .ok, context, work)
        }
    }

    /// The referral that the path names, as far as it is this caller's to know.
    private func referral(of caller: Caller, _ context: APIContext, _ work: Work) async throws -> TakenIn {
        let found: TakenIn? =
            switch caller {
            case .partner(let partner, _):
                try await store.sent(
                    try context.parameter("referralID", as: UUIDText.self).uuid, .referral, by: partner, in: work
                )
            case .staff: try await store.taken(try context.parameter("referralID", as: ReferralID.self), in: work)
            }
        guard let found else { throw StoreError(.notFound) }
        return found
    }

    func readHistory(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("referralID", as: ReferralID.self)
        return try await inWork(context) { work in
            guard let stored = try await store.referral(id, in: work) else { throw StoreError(.notFound) }
            let changes = try await store.history(of: stored.referral, in: work)
            try work.tx.audit(AuditRecord(.read, participantIDs: [stored.referral.participantID]), context)
            return try .ok(Page(items: changes.map(ChangeView.init), next: nil), etag: stored.referral.version)
        }
    }

    func listReferrals(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try Caller(context.principal)
        let page = try request.page()
        let status = try request.query("status", as: StatusText.self)?.status
        let awaitsClosing = try request.query("awaiting", as: AwaitingClosing.self) != nil
        return try await inWork(context) { work in
            switch caller {
            case .staff:
                let before = try page.cursor.map { cursor throws(Problem) in
                    try cursor.value(0, as: ReferralID.self)
                }
                let selection: Store.Selection =
                    awaitsClosing ? .awaitingClosing : status.map(Store.Selection.status) ?? .all
                let rows = try await store.list(
                    selection, page: ListPage(limit: page.limit + 1, before: before), in: work
                )
                try work.tx.audit(.listing(rows.map(\.referral.participantID)), context)
                let views = rows.map { ReferralView($0.referral) }
                return try .ok(Page(views, limit: page.limit) { [$0.referralID.description] })
            case .partner(let partner, _):
                return try await listSent(by: partner, status, page, context, work)
            }
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
        try work.tx.audit(.listing(sent.items.map(\.stored.referral.participantID), disclosed: true), context)
        var next: Cursor?
        if let end = sent.next, let stored = try await store.referral(end.referralID, in: work) {
            let alias = try await store.senderIDs(of: stored.referral, for: partner, in: work).referralID
            next = Cursor([end.at.description, alias.uuidString])
        }
        return try .ok(Page(items: try sent.items.map(SentReferralView.init), next: next))
    }
}

extension AuditRecord {
    /// A list that was shown; each person once.
    static func listing(_ participants: [ParticipantID], disclosed: Bool = false) -> AuditRecord {
        AuditRecord(disclosed ? .disclose : .search, participantIDs: Set(participants).sorted())
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
