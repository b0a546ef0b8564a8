internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// Answered instruments and their scores.
enum AssessmentStore {
    /// Stores an assessment with its answers and what follows from them, and says so: all in the work's transaction.
    static func record(_ assessment: Assessment, of instrument: Instrument, in work: UnitOfWork) async throws {
        let answered = try await AgencyCalendar.day(of: assessment.answeredAt, in: work)
        try await insert(assessment, on: answered.on, in: work)
        for alert in instrument.alerts(raisedBy: assessment.answers) {
            try await SafetyTaskStore.open(alert, for: assessment, in: work)
        }
        try await TimelineStore.add(
            TimelineEntry(
                .assessment, of: assessment.participantID, at: assessment.answeredAt,
                detail: ["instrument": assessment.instrument.rawValue, "assessmentID": assessment.id.description],
                sourceKey: "assessment:\(assessment.id)", sourceVersion: assessment.version
            ),
            in: work
        )
        try work.publish(
            AssessmentRecorded(
                assessmentID: assessment.id, participantID: assessment.participantID, version: assessment.version,
                instrument: assessment.instrument.rawValue, answeredAt: assessment.answeredAt
            )
        )
    }

    private static func insert(_ assessment: Assessment, on day: CivilDate, in work: UnitOfWork) async throws {
        let score = assessment.score
        try await work.transaction.execute(
            AssessmentStatements.insert, work.agencyID, assessment.id, assessment.participantID, assessment.instrument,
            assessment.instrumentVersion, assessment.language, assessment.mode.rawValue, assessment.answeredAt, day,
            assessment.recordedAt, work.actor, score.algorithm, score.algorithmVersion, score.value, score.absence,
            score.isProrated, score.missingItems, score.band, score.cutOffs
        )
        let answers = assessment.answers.all.enumerated().map { StoredAnswer($0.element, position: $0.offset) }
        try await work.transaction.execute(
            AssessmentStatements.insertAnswers, work.agencyID, assessment.id, JSONB(encoding: answers)
        )
    }

    static func find(_ id: AssessmentID, in work: UnitOfWork) async throws -> AssessmentRow? {
        guard let row = try await work.transaction.query(AssessmentStatements.find, work.agencyID, id).first else {
            return nil
        }
        return try AssessmentRow(row)
    }

    /// The answers as they were given, in the instrument's order.
    static func answers(of id: AssessmentID, in work: UnitOfWork) async throws -> [Answer] {
        try await work.transaction.query(AssessmentStatements.answers, work.agencyID, id).map { row in
            let (item, value, code, missing) = try row.decode((String, Int?, String?, MissingReason?).self)
            return Answer(item: item, value: value, code: code, missing: missing)
        }
    }

    /// A person's assessments, the newest first, from before a position on.
    static func list(
        of participantID: ParticipantID, instrument: InstrumentCode?, before: (Instant, AssessmentID), limit: Int,
        in work: UnitOfWork
    ) async throws -> [AssessmentRow] {
        try await work.transaction.query(
            AssessmentStatements.listOfParticipant, work.agencyID, participantID, before.0, before.1, instrument, limit
        ).map(AssessmentRow.init)
    }

    /// On which days a person answered which instruments.
    static func answeredDays(
        of participantID: ParticipantID, in work: UnitOfWork
    ) async throws -> [(instrument: InstrumentCode, on: CivilDate)] {
        try await work.transaction.query(AssessmentStatements.answeredDays, work.agencyID, participantID).map { row in
            let (instrument, on) = try row.decode((InstrumentCode, CivilDate).self)
            return (instrument, on)
        }
    }

    private struct StoredAnswer: Encodable {
        let item: String
        let position: Int
        let value: Int?
        let code: String?
        let missing: String?

        init(_ answer: Answer, position: Int) {
            item = answer.item
            self.position = position
            value = answer.value
            code = answer.code
            missing = answer.missing?.rawValue
        }
    }
}
