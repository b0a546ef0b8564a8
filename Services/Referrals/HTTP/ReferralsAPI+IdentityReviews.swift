internal import Confidentiality
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addIdentityReviews(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/identity-reviews", "listIdentityReviews",
                "Who may be the same person: what waits for a decision, or all that concerns one participant",
                access: .office, discloses: [.presence]
            ),
            listIdentityReviews
        )
        routes.add(
            Route(
                .post, "/v1/identity-reviews/{reviewID}/decide", "decideIdentityReview",
                "Say whether two participants are the same person: then they are merged", access: .office,
                discloses: [.presence],
                bodyLimit: 1024
            ),
            decideIdentityReview
        )
    }

    func listIdentityReviews(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let participant = try request.query("participantID", as: ParticipantID.self)
        let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: IdentityReviewID.self) }
        return try await inWork(context) { work in
            let reviews = try await store.identityReviews(
                of: participant, before: before, atMost: page.limit + 1, in: work
            )
            let found = Page(reviews, limit: page.limit) { [$0.reviewID.description] }
            let permits = try await context.permits(
                listing: found.items.flatMap(\.participants), as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(listing: permits), context)
            // Who is withheld from the caller is not shown beside another either.
            let shown = found.items.filter { $0.participants.allSatisfy { permits[$0] != nil } }
            return try .ok(Page(items: shown.map(IdentityReviewView.init), next: found.next))
        }
    }

    /// The same decision twice is one; another one is refused, except that a pair that is not merged any more is two.
    func decideIdentityReview(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("reviewID", as: IdentityReviewID.self)
        let subject = try context.principal.subject
        let body = try await request.decode(IdentityDecisionBody.self, context: context)
        guard body.remainingID == nil || body.decision == .same else {
            throw Faults([Fault("/remainingID", "only of two who are the same")])
        }
        return try await inWork(context) { work in
            let (review, people) = try await store.decide(
                id, body.decision, remaining: body.remainingID, by: subject, in: work)
            try await recordMerging(of: people, context, work)
            return try .ok(IdentityReviewView(review))
        }
    }
}

extension IdentityReview {
    /// Whom it concerns.
    fileprivate var participants: [ParticipantID] { [participantID] + (otherID.map { [$0] } ?? []) }
}

/// `POST …/decide`.
struct IdentityDecisionBody: Decodable, Sendable {
    var decision: IdentityReview.Decision
    /// Who of the two remains.
    var remainingID: ParticipantID?
}

/// Who may be the same person, and what speaks for it: fields, never what stands in them. Who they are is read of each
/// participant by itself.
struct IdentityReviewView: Encodable {
    let reviewID: IdentityReviewID
    /// `pair`, `crowd`, `join`.
    let kind: String
    let participantID: ParticipantID
    let otherParticipantID: ParticipantID?
    let referralID: ReferralID
    let score: Int?
    let agreement: [String]
    let foundAt: Instant
    let decision: IdentityReview.Decision?
    let decidedBy: String?
    let decidedAt: Instant?

    init(_ review: IdentityReview) {
        reviewID = review.reviewID
        kind = review.kind.rawValue
        participantID = review.participantID
        otherParticipantID = review.otherID
        referralID = review.referralID
        score = review.score
        agreement = review.agreement
        foundAt = review.foundAt
        decision = review.decided?.decision
        decidedBy = review.decided?.by
        decidedAt = review.decided?.at
    }
}
