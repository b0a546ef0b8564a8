public import Models

/// Something that happened in a person's recovery, as somebody reports it, checked before it enters the timeline.
public struct ReportedEvent: Hashable, Sendable {
    public let kind: TimelineKind
    public let occurredOn: CivilDate
    public let precision: DatePrecision
    public let sourceTier: SourceTier
    /// What kind of treatment, or which medication; only where the kind has one.
    public let modality: String?

    /// - Parameter today: the agency's day: nothing is reported from the future.
    /// - Throws: every fault at once.
    public init(
        kind: TimelineKind, occurredOn: CivilDate, precision: DatePrecision, sourceTier: SourceTier,
        modality: String?, today: CivilDate
    ) throws(ReportRefused) {
        var faults: Set<ReportRefused.Fault> = []
        if !TimelineKind.reported.contains(kind) { faults.insert(.unknownKind) }
        if occurredOn > today { faults.insert(.inTheFuture) }
        if precision == .instant { faults.insert(.unknownPrecision) }
        // The programme's own record comes from its own messages.
        if sourceTier == .ownRecord { faults.insert(.unknownSource) }
        if let modality, !(Self.modalities[kind] ?? []).contains(modality) { faults.insert(.unknownModality) }
        guard faults.isEmpty else { throw ReportRefused(faults: faults) }
        self.kind = kind
        self.occurredOn = occurredOn
        self.precision = precision
        self.sourceTier = sourceTier
        self.modality = modality
    }

    private static let medications: Set<String> = [
        "buprenorphine", "buprenorphine-extended-release", "methadone", "naltrexone-extended-release",
        "naltrexone-oral", "acamprosate", "disulfiram",
    ]
    private static let treatments: Set<String> = [
        "outpatient", "intensive-outpatient", "residential", "inpatient", "withdrawal-management", "counselling",
    ]
    private static let substances: Set<String> = ["opioids", "alcohol", "stimulants", "sedatives", "cannabis", "other"]

    /// The codes that may stand beside a kind.
    public static let modalities: [TimelineKind: Set<String>] = [
        .medicationStarted: medications, .medicationStopped: medications,
        .treatmentStarted: treatments, .treatmentStopped: treatments,
        .returnToUse: substances, .overdose: substances,
    ]
}

/// Why a reported event is not taken.
public struct ReportRefused: Error, Hashable, Sendable {
    public enum Fault: String, CaseIterable, Hashable, Sendable {
        case unknownKind, inTheFuture, unknownPrecision, unknownSource, unknownModality
    }

    public let faults: Set<Fault>
}
