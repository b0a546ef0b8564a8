/// An instrument was answered and scored. The score stays in `outcomes`.
public struct AssessmentRecorded: Event {
    public static let topic = "assessment.recorded.v1"

    public var assessmentID: AssessmentID
    public var participantID: ParticipantID
    public var version: Int?
    /// The instrument's code, such as `barc-10`.
    public var instrument: String
    public var answeredAt: Instant

    public var key: String { assessmentID.description }

    public init(
        assessmentID: AssessmentID, participantID: ParticipantID, version: Int, instrument: String, answeredAt: Instant
    ) {
        self.assessmentID = assessmentID
        self.participantID = participantID
        self.version = version
        self.instrument = instrument
        self.answeredAt = answeredAt
    }
}
