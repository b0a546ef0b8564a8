public import Models

/// One instrument, answered by one person at one time, with its score.
public struct Assessment: Hashable, Sendable {
    public let id: AssessmentID
    public let participantID: ParticipantID
    public let instrument: InstrumentCode
    /// The version that was answered.
    public let instrumentVersion: Int
    public let language: String
    public let mode: Mode
    public let answeredAt: Instant
    public let recordedAt: Instant
    public let answers: Answers
    public let score: StoredScore
    public let version: Int

    /// How the questions were put.
    public enum Mode: String, Codable, CaseIterable, Hashable, Sendable {
        /// The person read and answered them.
        case `self`
        /// Somebody read them out.
        case interview
    }

    /// Scores what was answered.
    ///
    /// - Throws: ``AssessmentRefusal`` where the answers lie in the future.
    public init(
        id: AssessmentID, participantID: ParticipantID, of instrument: Instrument, answers: Answers, mode: Mode,
        answeredAt: Instant, recordedAt: Instant
    ) throws(AssessmentRefusal) {
        guard answeredAt <= recordedAt else { throw .inTheFuture }
        self.id = id
        self.participantID = participantID
        self.instrument = instrument.code
        instrumentVersion = instrument.version
        language = instrument.language
        self.mode = mode
        self.answeredAt = answeredAt
        self.recordedAt = recordedAt
        self.answers = answers
        score = StoredScore(Score(answers, to: instrument))
        version = 1
    }
}

/// Why an assessment is not taken.
public enum AssessmentRefusal: Error, Hashable, Sendable {
    case inTheFuture
}

/// A score as it is kept: with the rule that made it, bands and cut-offs by code.
public struct StoredScore: Hashable, Sendable {
    public let algorithm: ScoringRule.Algorithm
    public let algorithmVersion: Int
    public let value: Int?
    public let absence: Score.Absence?
    public let isProrated: Bool
    public let missingItems: [String]
    public let band: String?
    public let cutOffs: [String]

    public init(
        algorithm: ScoringRule.Algorithm, algorithmVersion: Int, value: Int?, absence: Score.Absence?,
        isProrated: Bool, missingItems: [String], band: String?, cutOffs: [String]
    ) {
        self.algorithm = algorithm
        self.algorithmVersion = algorithmVersion
        self.value = value
        self.absence = absence
        self.isProrated = isProrated
        self.missingItems = missingItems
        self.band = band
        self.cutOffs = cutOffs
    }

    init(_ score: Score) {
        self.init(
            algorithm: score.algorithm, algorithmVersion: score.algorithmVersion, value: score.value,
            absence: score.absence, isProrated: score.isProrated, missingItems: score.missingItems,
            band: score.band?.code, cutOffs: score.reached.map(\.code)
        )
    }
}
