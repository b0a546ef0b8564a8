internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// What may be said of a linkage.
enum LinkageVerb: String, CaseIterable, Sendable {
    case contact, admit, attend, refuse, check, end, withdraw
    case meetNeed = "meet-need"

    var operationID: String {
        switch self {
        case .check: "answerLinkageCheck"
        case .meetNeed: "meetNeedByLinkage"
        default: "\(rawValue)Linkage"
        }
    }

    var summary: String {
        switch self {
        case .contact: "The service was asked"
        case .admit: "The service took the person in"
        case .attend: "The person went there, or was given what they asked for"
        case .refuse: "The service or the person said no, and why"
        case .check: "Say whether it holds after so many days"
        case .end: "It does not go on"
        case .withdraw: "Take an offer back before anything came of it"
        case .meetNeed: "The need is met by this, and is closed"
        }
    }
}

/// What is to be done with a linkage.
private struct LinkageDecision: Sendable {
    /// What is told by it beyond what the linkage holds.
    var telling: Set<DataClass> = []
    let apply: @Sendable (inout Linkage, _ subject: String, Instant) throws -> Void

    init(telling: Set<DataClass> = [], _ apply: @escaping @Sendable (inout Linkage, String, Instant) throws -> Void) {
        (self.telling, self.apply) = (telling, apply)
    }
}

extension ReferralsAPI {
    func change(by verb: LinkageVerb, _ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("linkageID", as: LinkageID.self)
        let version = try request.ifMatch
        let subject = try context.principal.subject
        let decision = try await decision(verb, request, context)
        return try await inWork(context) { work in
            let (_, person, permit) = try await linkage(
                id, telling: decision.telling, locked: true, context, work)
            let record = AuditRecord(.update, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok, recording: record) {
                try await store.change(id, of: person, expecting: version, by: subject, in: work) {
                    try decision.apply(&$0, subject, work.now)
                }
            } answer: { _ in
                let view = try await linkageView(id, of: person, within: permit, work)
                return try .ok(view, etag: view.version)
            }
        }
    }

    private func decision(
        _ verb: LinkageVerb, _ request: Request, _ context: APIContext
    ) async throws -> LinkageDecision {
        let catalogue = store.linkages
        switch verb {
        case .contact: return LinkageDecision { linkage, subject, now in try linkage.contact(by: subject, at: now) }
        case .admit, .attend:
            let body = try await request.decode(LinkageStart.self, context: context)
            return LinkageDecision { linkage, subject, now in
                let isFollowed = catalogue.service(linkage.service)?.isFollowed ?? false
                try linkage.begin(
                    verb == .admit ? .admit : .attend, on: body.startedAt ?? now,
                    checkDays: isFollowed ? catalogue.checkDays : [], by: subject, at: now)
            }
        case .refuse:
            let reason = try await request.decode(LinkageNo.self, context: context).checked(catalogue)
            return LinkageDecision(telling: catalogue.classes(ofRefusal: reason.code)) { linkage, subject, now in
                try linkage.refuse(.init(by: reason.by, reason: reason.code), by: subject, at: now)
            }
        case .check:
            let body = try await request.decode(LinkageAnswer.self, context: context)
            return LinkageDecision { linkage, subject, now in
                try linkage.answer(body.answer, days: body.days, by: subject, at: now)
            }
        case .end: return Self.finishing(.end)
        case .withdraw: return Self.finishing(.withdraw)
        case .meetNeed: return Self.finishing(.meetNeed)
        }
    }

    private static func finishing(_ step: LinkageStep) -> LinkageDecision {
        LinkageDecision { linkage, subject, now in try linkage.finish(step, by: subject, at: now) }
    }

    /// Those who wait longest first. Whoever may not be told of is left out, so that a page can be shorter than asked for.
    func listDueLinkages(_ request: Request, _ context: APIContext) async throws -> Response {
        guard try request.query("due", as: DueChecksText.self) != nil else {
            throw Problem.invalid("due", "checks: the list of those to ask")
        }
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in
            DuePosition(dueAt: try cursor.value(0), linkageID: try cursor.value(1), days: try cursor.value(2))
        }
        let principal = try context.principal
        let (peer, relationship): (PeerID?, Relationship) =
            principal.role == .peer ? (principal.peerID, .assigned) : (nil, .agency)
        guard principal.role != .peer || peer != nil else { throw Problem.forbidden.denying(Denial(.role)) }
        return try await inWork(context) { work in
            let found = try await store.dueChecks(
                of: peer, after: after ?? DuePosition(), atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) {
                [$0.dueAt.description, $0.linkageID.description, String($0.days)]
            }
            let permits = try await context.permits(
                listing: all.items.map(\.participantID), as: relationship, in: work.tx, at: work.now)
            let shown = all.items.filter {
                permits[$0.participantID]?.allows(store.linkages.dataClass(ofService: $0.service)) ?? false
            }
            let people = Set(shown.map(\.participantID))
            try work.tx.audit(AuditRecord(listing: permits.filter { people.contains($0.key) }), context)
            return try .ok(Page(items: shown.map(DueLinkageView.init), next: all.next))
        }
    }
}

/// `due=checks`.
struct DueChecksText: LosslessStringConvertible {
    init?(_ description: String) {
        guard description == "checks" else { return nil }
    }

    var description: String { "checks" }
}
