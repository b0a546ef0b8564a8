internal import Models
internal import OutcomesDomain
internal import ServiceKit

/// An answered instrument as it is sent in.
struct AssessmentRequest: Decodable, Sendable {
    let participantID: ParticipantID
    /// The instrument's code.
    let instrument: InstrumentCode
    /// The version that was answered; the newest where it is absent.
    let instrumentVersion: Int?
    let mode: Assessment.Mode
    /// When it was answered; now where it is absent.
    let answeredAt: Instant?
    let answers: [Answer]

    /// - Throws: 422 where there is no such instrument.
    func instrument(in catalogue: InstrumentCatalogue) throws(Problem) -> Instrument {
        guard let found = catalogue.instrument(instrument, version: instrumentVersion) else {
            throw .invalid(
                catalogue.instrument(instrument) == nil ? "/instrument" : "/instrumentVersion",
                "no instrument of that code and version"
            )
        }
        return found
    }
}

/// An assessment as it is shown; the answers only where one is asked for.
struct AssessmentView: Encodable, Sendable {
    let assessmentID: AssessmentID
    let participantID: ParticipantID
    let instrument: InstrumentCode
    let instrumentVersion: Int
    let language: String
    let mode: Assessment.Mode
    let answeredAt: Instant
    let recordedAt: Instant
    let score: ScoreView
    let answers: [Answer]?
    /// Items with an alert that were left unanswered: somebody should ask again.
    let unansweredAlertItems: [String]?
    /// The safety tasks that it raised.
    let safetyTaskIDs: [SafetyTaskID]?
    let version: Int

    init(_ row: AssessmentRow, instrument: Instrument?, answers: [Answer]?, safetyTaskIDs: [SafetyTaskID]?) {
        assessmentID = row.id
        participantID = row.participantID
        self.instrument = row.instrument
        instrumentVersion = row.instrumentVersion
        language = row.language
        mode = row.mode
        answeredAt = row.answeredAt
        recordedAt = row.recordedAt
        score = ScoreView(row.score, of: instrument)
        self.answers = answers
        unansweredAlertItems = answers.map { answers in
            let missing = Set(answers.filter { $0.value == nil }.map(\.item))
            return (instrument?.alerts ?? []).map(\.item).filter(missing.contains)
        }
        self.safetyTaskIDs = safetyTaskIDs
        version = row.version
    }
}

/// A score, or why there is none.
struct ScoreView: Encodable, Sendable {
    let value: Int?
    /// Why there is no value: `incomplete`.
    let absence: Score.Absence?
    let minimum: Int?
    let maximum: Int?
    let higherIs: Direction?
    let band: String?
    let cutOffs: [String]
    let isProrated: Bool
    let missingItems: [String]
    let algorithm: ScoringRule.Algorithm
    let algorithmVersion: Int

    init(_ score: StoredScore, of instrument: Instrument?) {
        value = score.value
        absence = score.absence
        minimum = instrument?.scoring.minimum
        maximum = instrument?.scoring.maximum
        higherIs = instrument?.higherIs
        band = score.band
        cutOffs = score.cutOffs
        isProrated = score.isProrated
        missingItems = score.missingItems
        algorithm = score.algorithm
        algorithmVersion = score.algorithmVersion
    }
}

/// What is due for a participant.
struct DueView: Encodable, Sendable {
    let participantID: ParticipantID
    let schedule: String
    let scheduleVersion: Int
    /// From when it is counted; absent where support has not begun or has ended by death: then nothing is due.
    let startedOn: CivilDate?
    let today: CivilDate
    let items: [DueItem]

    init(
        _ participantID: ParticipantID, schedule: AssessmentSchedule, start: CivilDate?, today: CivilDate,
        _ points: [DueAssessment]
    ) {
        self.participantID = participantID
        self.schedule = schedule.code
        scheduleVersion = schedule.version
        startedOn = start
        self.today = today
        items = points.map(DueItem.init)
    }
}

/// One point of the schedule.
struct DueItem: Encodable, Sendable {
    let instrument: InstrumentCode
    let point: String
    let dueOn: CivilDate
    let opensOn: CivilDate
    let closesOn: CivilDate
    /// `upcoming`, `due`, `late`, `missed` or `answered`.
    let status: String
    let answeredOn: CivilDate?

    init(_ due: DueAssessment) {
        instrument = due.instrument
        point = due.point
        (dueOn, opensOn, closesOn) = (due.dueOn, due.opensOn, due.closesOn)
        if case .answered(let on) = due.status { answeredOn = on } else { answeredOn = nil }
        status =
            switch due.status {
            case .upcoming: "upcoming"
            case .due: "due"
            case .late: "late"
            case .missed: "missed"
            case .answered: "answered"
            }
    }
}
