internal import Confidentiality
internal import Hummingbird
internal import JSON
internal import Models
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addOverdue(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/referrals/overdue", "listOverdueReferrals",
                "The board of referrals that have waited too long, the longest overdue first", access: .office,
                discloses: [.presence, .referral]
            ),
            listOverdue
        )
    }

    func listOverdue(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let step = try request.code("step", as: Awaited.Step.self)
        var position = OverduePosition()
        if let cursor = page.cursor {
            position.dueAt = try cursor.value(0)
            position.referralID = try cursor.value(1)
        }
        let start = position
        return try await inWork(context) { work in
            let rows = try await store.listOverdue(step, after: start, limit: page.limit, in: work)
            let permits = try await context.permits(
                listing: rows.map(\.stored.referral.participantID), as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(listing: permits), context)
            let listed = Page(rows, limit: page.limit) {
                [$0.dueAt.description, $0.stored.referral.referralID.description]
            }
            // Whom a restriction keeps from whoever asks is left out; the next page begins where this one ended.
            let items = listed.items.filter { permits[$0.stored.referral.participantID] != nil }
            return .ok(
                Page(items: items.map { OverdueView($0, store.times, at: work.now) }, next: listed.next))
        }
    }
}

/// A referral on the board.
struct OverdueView: JSONWritable {
    let overdue: OverdueReferral
    let isForSupervisors: Bool
    let minutes: Int

    init(_ overdue: OverdueReferral, _ times: ResponseTimes, at now: Instant) {
        self.overdue = overdue
        isForSupervisors = times.isForSupervisors(overdue.reminders)
        minutes = Int((now - overdue.dueAt).microseconds / 60_000_000)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("awaits", overdue.awaited.step.rawValue)
            json.field("dueAt", overdue.dueAt)
            json.field("isForSupervisors", isForSupervisors)
            json.field("minutesOverdue", minutes)
            json.field("referral", ReferralView(overdue.stored.referral))
            json.field("reminders", overdue.reminders)
            json.field("since", overdue.awaited.since)
        }
    }
}
