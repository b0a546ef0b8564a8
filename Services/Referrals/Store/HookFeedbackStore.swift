internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let noteHookFeedback = Statement(
        "hook_feedback.note",
        """
        insert into referral.hook_feedback (agency_id, noted_on, partner_id, service, outcome, reason, times)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (agency_id, noted_on, partner_id, service, outcome, reason)
        do update set times = hook_feedback.times + excluded.times
        """
    )

    /// Of all partners together.
    static let countHookFeedback = Statement(
        "hook_feedback.count",
        """
        select noted_on, service, outcome, reason, sum(times)::bigint as times
        from referral.hook_feedback
        where agency_id = $1 and noted_on >= $2 and noted_on <= $3
        group by noted_on, service, outcome, reason
        order by noted_on, service, outcome, reason
        """
    )
}

extension Store {
    /// Counts what became of cards, by day: no card, no person, no words.
    func note(
        _ feedback: HookFeedback, of service: HookService, from partner: PartnerID, in work: Work
    ) async throws {
        for (count, times) in feedback.counts {
            try await work.tx.execute(
                .noteHookFeedback, work.agencyID, work.now.dateInUTC, partner, service.rawValue,
                count.outcome.rawValue, count.reason ?? "", times)
        }
    }

    /// What became of cards, day by day.
    func hookFeedback(
        from first: CivilDate, through last: CivilDate, in work: Work
    ) async throws -> [NotedFeedback] {
        try await work.tx.query(.countHookFeedback, work.agencyID, first, last).map { row in
            let (on, service, outcome, reason, times) = try row.decode((CivilDate, String, String, String, Int).self)
            return NotedFeedback(
                on: on, service: service, outcome: outcome, reason: reason.isEmpty ? nil : reason, times: times)
        }
    }
}
