public import Models

/// Something that a person lacks, from the day it is known until it is met or no longer there. It may last for years; the
/// same need that comes back is another one.
public struct Need: Hashable, Sendable {
    /// What became of it.
    public enum Outcome: String, Codable, CaseIterable, Hashable, Sendable {
        case met
        case partlyMet = "partly-met"
        case noLongerNeeded = "no-longer-needed"
        case notMet = "not-met"
    }

    public let needID: NeedID
    public let participantID: ParticipantID
    public private(set) var version: Int
    /// A code of ``LinkageCatalogue/needs``.
    public let kind: String
    public let openedOn: CivilDate
    public private(set) var closedOn: CivilDate?
    public private(set) var outcome: Outcome?
    /// The linkage that met it.
    public private(set) var metBy: LinkageID?
    public let recordedAt: Instant
    public let recordedBy: String

    public init(
        needID: NeedID, participantID: ParticipantID, version: Int = 1, kind: String, openedOn: CivilDate,
        closedOn: CivilDate? = nil, outcome: Outcome? = nil, metBy: LinkageID? = nil, recordedAt: Instant,
        recordedBy: String
    ) {
        (self.needID, self.participantID, self.version) = (needID, participantID, version)
        (self.kind, self.openedOn, self.closedOn) = (kind, openedOn, closedOn)
        (self.outcome, self.metBy) = (outcome, metBy)
        (self.recordedAt, self.recordedBy) = (recordedAt, recordedBy)
    }

    public var isOpen: Bool { closedOn == nil }

    /// Why a need is not closed.
    public enum Refusal: Error, Hashable, Sendable {
        case closedAlready
        /// It would have ended before it began, or in the future.
        case outsideItsTime
    }

    /// Says what became of it.
    ///
    /// - Parameter today: the agency's day.
    /// - Throws: ``Refusal``.
    public mutating func close(
        _ outcome: Outcome, by linkage: LinkageID? = nil, on day: CivilDate, today: CivilDate
    ) throws(Refusal) {
        guard isOpen else { throw .closedAlready }
        guard day >= openedOn, day <= today else { throw .outsideItsTime }
        (self.outcome, closedOn, metBy) = (outcome, day, linkage)
        version += 1
    }
}
