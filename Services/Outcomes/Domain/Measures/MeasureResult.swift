public import Models

/// What a measure found, with everything needed to check it: definition and version, period, who was counted, who was
/// left out and why, who cannot be judged yet, how the facts are known, and when it ran.
public struct MeasureResult: Codable, Hashable, Sendable {
    public var measure: MeasureCode
    public var version: Int
    public var period: MeasurePeriod
    /// What happened later than this is not taken into account.
    public var asOf: Instant
    public var runAt: Instant
    public var sourceTier: SourceTier
    public var parts: [MeasurePart]
    /// For times: how long it took.
    public var timing: EventTiming?
}

/// The days on the agency's calendar whose subjects are counted, both included.
public struct MeasurePeriod: Codable, Hashable, Sendable {
    public var from: CivilDate
    public var to: CivilDate

    /// Nil when it ends before it starts.
    public init?(from: CivilDate, to: CivilDate) {
        guard from <= to else { return nil }
        self.from = from
        self.to = to
    }
}

/// One number of a measure: who is in the denominator, who of them in the numerator.
///
/// Invariant: denominator, exclusions and not-yet-observed share nobody; the numerator lies in the denominator.
public struct MeasurePart: Codable, Hashable, Sendable {
    public var code: String
    public var denominator: [MeasureSubject]
    public var numerator: [MeasureSubject]
    public var exclusions: [Exclusion]
    /// Too early to say: the time that the part gives has not passed. That is no "no".
    public var notYetObserved: [MeasureSubject]

    /// Numerator over denominator; nil where nobody can be judged.
    public var rate: Double? { denominator.isEmpty ? nil : Double(numerator.count) / Double(denominator.count) }

    public init(code: String) {
        self.code = code
        (denominator, numerator, exclusions, notYetObserved) = ([], [], [], [])
    }

    mutating func add(_ subject: MeasureSubject, _ judgement: Judgement) {
        switch judgement {
        case .yes:
            denominator.append(subject)
            numerator.append(subject)
        case .no: denominator.append(subject)
        case .excluded(let reason): exclusions.append(Exclusion(subject: subject, reason: reason))
        case .notYetObserved: notYetObserved.append(subject)
        }
    }
}

/// A subject left out of a part, and why.
public struct Exclusion: Codable, Hashable, Sendable {
    public var subject: MeasureSubject
    public var reason: ExclusionReason
}

/// Who is counted: a referral's id, or a plan's id with the due time.
public struct MeasureSubject: OpenCode, Comparable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static func < (left: MeasureSubject, right: MeasureSubject) -> Bool { left.rawValue < right.rawValue }
}

/// How a subject counts in one part.
enum Judgement: Hashable, Sendable {
    case yes, no
    case excluded(ExclusionReason)
    case notYetObserved
}

/// How long the event took, over all in the population. Those still waiting, and those whose referral ended first, count
/// with the time waited so far (Kaplan and Meier's estimator), so that a median is not shortened by leaving them out.
public struct EventTiming: Codable, Hashable, Sendable {
    public var observed: Int
    /// How many were watched without the event coming.
    public var censored: Int
    /// Seconds until a quarter, half, three quarters had the event; nil where that share is not reached yet.
    public var lowerQuartileSeconds: Double?
    public var medianSeconds: Double?
    public var upperQuartileSeconds: Double?
}
