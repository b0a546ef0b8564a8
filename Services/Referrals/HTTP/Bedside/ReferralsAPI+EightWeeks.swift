internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addEightWeeks(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/referrals/eight-weeks", "listEightWeeks",
                "Of whom nobody said yet how they are after eight weeks: in the agency, or of those whom a peer supports",
                access: .support, discloses: [.presence, .referral]), listEightWeeks)
    }

    /// Those who wait longest first. Whoever may not be told of is left out, so that a page can be shorter than asked for.
    func listEightWeeks(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in
            EightWeekPosition(acceptedAt: try cursor.value(0), referralID: try cursor.value(1))
        }
        let principal = try context.principal
        let (peer, relationship): (PeerID?, Relationship) =
            principal.role == .peer ? (principal.peerID, .assigned) : (nil, .agency)
        guard principal.role != .peer || peer != nil else { throw Problem.forbidden.denying(Denial(.role)) }
        return try await inWork(context) { work in
            let found = try await store.eightWeeks(
                of: peer, after: after ?? EightWeekPosition(), atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) { [$0.acceptedAt.description, $0.referralID.description] }
            let permits = try await context.permits(
                listing: all.items.map(\.participantID), as: relationship, in: work.tx, at: work.now
            ).filter { $0.value.allows(.referral) }
            try work.tx.audit(AuditRecord(listing: permits), context)
            let shown = all.items.filter { permits[$0.participantID] != nil }
            return try .ok(
                Page(items: shown.map { EightWeekView($0, store.bedside.eightWeeks) }, next: all.next))
        }
    }
}

/// A referral on the board.
struct EightWeekView: Encodable {
    let referralID: ReferralID
    let participantID: ParticipantID
    let status: ReferralStatus
    let acceptedAt: Instant
    let dueAt: Instant
    /// Of what is written of the visit, for If-Match; absent where nothing is.
    let bedsideVersion: Int?

    init(_ found: EightWeekReferral, _ terms: BedsideCatalogue.EightWeeks) {
        (referralID, participantID, status) = (found.referralID, found.participantID, found.status)
        (acceptedAt, bedsideVersion) = (found.acceptedAt, found.bedsideVersion)
        dueAt = terms.dueAt(acceptedAt: found.acceptedAt)
    }
}
