internal import Postgres

enum AssessmentStatements {
    static let insert = Statement(
        "assessment.insert",
        """
        insert into outcome.assessment (
            agency_id, assessment_id, participant_id, instrument, instrument_version, language, mode, answered_at,
            answered_on, recorded_at, recorded_by, score_algorithm, score_algorithm_version, score, score_absence,
            is_prorated, missing_items, band, cut_offs, version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1)
        """
    )

    static let insertAnswers = Statement(
        "assessment.insert_answers",
        """
        insert into outcome.assessment_answer (agency_id, assessment_id, item, position, value, code, missing)
        select $1, $2, given.item, given.position, given.value, given.code, given.missing
        from jsonb_to_recordset($3) as given (item text, position integer, value integer, code text, missing text)
        """
    )

    static let find = Statement(
        "assessment.find",
        """
        select
            assessment_id, participant_id, instrument, instrument_version, language, mode, answered_at, recorded_at,
            score_algorithm, score_algorithm_version, score, score_absence, is_prorated, missing_items, band, cut_offs,
            version
        from outcome.assessment
        where agency_id = $1 and assessment_id = $2
        """
    )

    static let answers = Statement(
        "assessment.answers",
        """
        select item, value, code, missing
        from outcome.assessment_answer
        where agency_id = $1 and assessment_id = $2
        order by position
        """
    )

    static let listOfParticipant = Statement(
        "assessment.list_of_participant",
        """
        select
            assessment_id, participant_id, instrument, instrument_version, language, mode, answered_at, recorded_at,
            score_algorithm, score_algorithm_version, score, score_absence, is_prorated, missing_items, band, cut_offs,
            version
        from outcome.assessment
        where agency_id = $1
            and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
            and (answered_at, assessment_id) < ($3, $4)
            and ($5::text is null or instrument = $5)
        order by answered_at desc, assessment_id desc
        limit $6
        """
    )

    static let answeredDays = Statement(
        "assessment.answered_days",
        """
        select instrument, answered_on
        from outcome.assessment
        where agency_id = $1 and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
        """
    )
}
