internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// What became of the cards that EHRs showed: numbers, about nobody.
extension ReferralsAPI {
    /// How many days are counted where nothing is asked for, and at most.
    private static let feedbackDays = (usual: 30, most: 92)

    func addHookFeedback(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/hooks/feedback", "listHookFeedback",
                "How often cards of CDS Hooks were followed or overridden, by day, kind and reason", access: .office,
                discloses: []), listHookFeedback)
    }

    func listHookFeedback(_ request: Request, _ context: APIContext) async throws -> Response {
        let (from, through) = (
            try request.query("from", as: CivilDate.self), try request.query("through", as: CivilDate.self)
        )
        return try await inWork(context) { work in
            let last = through ?? work.now.dateInUTC
            let first = from ?? last.adding(days: 1 - Self.feedbackDays.usual)
            guard first <= last, last < first.adding(days: Self.feedbackDays.most) else {
                throw Problem.invalid("from", "at most \(Self.feedbackDays.most) days, and not after through")
            }
            let found = try await store.hookFeedback(from: first, through: last, in: work)
            return try .ok(HookFeedbackView(from: first, through: last, items: found))
        }
    }
}

/// What became of cards in some days.
struct HookFeedbackView: Encodable {
    let from: CivilDate
    let through: CivilDate
    let items: [NotedFeedback]
}

/// How often the cards of one kind met one end on a day.
struct NotedFeedback: Encodable, Sendable {
    let on: CivilDate
    /// Which service showed the card.
    let service: String
    let outcome: String
    /// Why it was overridden: one of ``HookCard/overrides`` or `other`; nil where nobody said why.
    let reason: String?
    let times: Int
}
