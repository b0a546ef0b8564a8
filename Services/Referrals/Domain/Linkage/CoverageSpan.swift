public import Models

public typealias CoverageID = ID<CoverageSpan>

/// The days on which a person is covered by a programme: Medicaid, or another benefit. Of one programme no two spans of a
/// person overlap.
public struct CoverageSpan: Hashable, Sendable {
    public let coverageID: CoverageID
    public let participantID: ParticipantID
    public private(set) var version: Int
    /// A code of ``LinkageCatalogue/coverages``.
    public let programme: String
    /// The programme's own code of what the person has, such as an aid category.
    public let planCode: String?
    public let from: CivilDate
    /// The last day; nil while none is known.
    public private(set) var through: CivilDate?
    public let recordedAt: Instant
    public let recordedBy: String

    public init(
        coverageID: CoverageID, participantID: ParticipantID, version: Int = 1, programme: String, planCode: String?,
        from: CivilDate, through: CivilDate?, recordedAt: Instant, recordedBy: String
    ) {
        (self.coverageID, self.participantID, self.version) = (coverageID, participantID, version)
        (self.programme, self.planCode, self.from, self.through) = (programme, planCode, from, through)
        (self.recordedAt, self.recordedBy) = (recordedAt, recordedBy)
    }

    /// Why a span is not taken.
    public enum Refusal: Error, Hashable, Sendable {
        /// The person has the programme on some of these days already.
        case overlaps
        case endsBeforeItBegins
    }

    public func overlaps(_ other: CoverageSpan) -> Bool {
        programme == other.programme && (through.map { $0 >= other.from } ?? true)
            && (other.through.map { $0 >= from } ?? true)
    }

    /// Says what its last day is.
    public mutating func end(through day: CivilDate) throws(Refusal) {
        guard day >= from else { throw .endsBeforeItBegins }
        through = day
        version += 1
    }
}
