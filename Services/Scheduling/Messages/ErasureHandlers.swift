internal import Models
internal import Postgres
internal import SchedulingDomain

/// What becomes of a participant's records when their identity is erased.
enum ErasureHandlers {
    /// The words go: notes, reasons, and what supports are called may say who it was. What is counted stays.
    static func handle(_ erased: ParticipantErased, in work: UnitOfWork) async throws {
        for statement in [forgetNotes, forgetReviews, forgetClosings] {
            try await work.transaction.execute(statement, work.agencyID, erased.participantID)
        }
    }

    private static let forgetNotes = Statement(
        "contact.forget_notes",
        """
        update scheduling.contact
        set note = null
        where agency_id = $1 and participant_id = $2 and note is not null
        """
    )

    private static let forgetReviews = Statement(
        "plan_phase.forget_words",
        """
        update scheduling.plan_phase
        set review = jsonb_set(review - 'note', '{connections}', '[]'),
            override_reason = case when override_reason is not null then 'erased' end
        where agency_id = $1
            and plan_id in (select plan_id from scheduling.plan where agency_id = $1 and participant_id = $2)
            and (review is not null or override_reason is not null)
        """
    )

    private static let forgetClosings = Statement(
        "plan.forget_words",
        """
        update scheduling.plan
        set closing = jsonb_set(closing - 'note', '{supports}', '[]')
        where agency_id = $1 and participant_id = $2 and closing is not null
        """
    )
}
