internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// A stored assessment without its answers.
struct AssessmentRow: Hashable, Sendable {
    let id: AssessmentID
    let participantID: ParticipantID
    let instrument: InstrumentCode
    let instrumentVersion: Int
    let language: String
    let mode: Assessment.Mode
    let answeredAt: Instant
    let recordedAt: Instant
    let score: StoredScore
    let version: Int

    init(_ row: Row) throws {
        let columns = try row.decode(
            (
                AssessmentID, ParticipantID, InstrumentCode, Int, String, String, Instant, Instant,
                ScoringRule.Algorithm, Int, Int?, Score.Absence?, Bool, [String], String?, [String], Int
            ).self
        )
        (id, participantID, instrument) = (columns.0, columns.1, columns.2)
        (instrumentVersion, language) = (columns.3, columns.4)
        mode = Assessment.Mode(rawValue: columns.5) ?? .interview
        (answeredAt, recordedAt) = (columns.6, columns.7)
        score = StoredScore(
            algorithm: columns.8, algorithmVersion: columns.9, value: columns.10, absence: columns.11,
            isProrated: columns.12, missingItems: columns.13, band: columns.14, cutOffs: columns.15
        )
        version = columns.16
    }
}
