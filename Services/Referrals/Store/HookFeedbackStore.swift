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
}
