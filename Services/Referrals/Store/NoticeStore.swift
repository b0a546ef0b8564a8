internal import MessageTable
internal import Models
internal import Postgres

extension Statement {
    static let recordNoticeGiven = Statement(
        "notice_given.record",
        """
        insert into referral.notice_given (agency_id, participant_id, version, given_at, given_by)
        values ($1, $2, $3, $4, $5)
        on conflict do nothing
        """
    )
}

extension Store {
    /// Records that a participant was given the notice of privacy practices; the first time counts.
    func recordNotice(
        _ version: String, to participant: ParticipantID, by subject: String, in work: Work
    ) async throws {
        try await work.tx.execute(.recordNoticeGiven, work.agencyID, participant, version, work.now, subject)
    }
}
