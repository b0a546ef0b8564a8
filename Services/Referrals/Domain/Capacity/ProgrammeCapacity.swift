public import Models

/// Whether a programme can take somebody on now, as the agency's own people say: so that a hospital need not refer to find
/// out, and a form comes back rejected less often.
public struct ProgrammeCapacity: Hashable, Sendable {
    /// Gravity's codes of capacity.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case capacity
        case noCapacity = "no-capacity"
        case waitlist
        case additionalAssessmentRequired = "additional-assessment-required"
    }

    public let programme: ProgrammeCode
    public let version: Int
    public let status: Status
    /// What helps whoever refers: "about two weeks". Of the service, never of a person.
    public let notes: String?
    public let statedAt: Instant
    public let statedBy: String

    /// After a day nobody should rely on it: shifts have changed, and peers have taken people on.
    public static let freshFor = Duration.seconds(24 * 3600)

    public init(
        programme: ProgrammeCode, version: Int, status: Status, notes: String?, statedAt: Instant, statedBy: String
    ) {
        (self.programme, self.version, self.status) = (programme, version, status)
        (self.notes, self.statedAt, self.statedBy) = (notes, statedAt, statedBy)
    }

    /// Whether it was said so long ago that it may not hold any more.
    public func isStale(at now: Instant) -> Bool { now - statedAt > Self.freshFor }
}

extension ProgrammeCode {
    /// What people call it.
    public var title: String {
        switch self {
        case .overdoseFollowUp: "Overdose follow-up by peers"
        case .criticalTimeIntervention: "Critical Time Intervention by peers"
        case .recoveryCheckUps: "Recovery check-ups by peers"
        default: rawValue
        }
    }
}
