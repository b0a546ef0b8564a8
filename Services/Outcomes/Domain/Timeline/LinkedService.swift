/// What it means to a person's timeline that a kind of service took them in.
public struct LinkedService: Hashable, Sendable {
    public let started: TimelineKind
    public let stopped: TimelineKind
    /// Which medication, or what kind of treatment; nil where the kind says it all.
    public let modality: String?

    /// Nil for kinds that leave no line: clothes, a telephone, legal aid, and those that this version does not know.
    public init?(service: String) {
        if ReportedEvent.modalities[.medicationStarted]?.contains(service) ?? false {
            (started, stopped, modality) = (.medicationStarted, .medicationStopped, service)
        } else if ReportedEvent.modalities[.treatmentStarted]?.contains(service) ?? false {
            (started, stopped, modality) = (.treatmentStarted, .treatmentStopped, service)
        } else if let pair = Self.others[service] {
            (started, stopped, modality) = (pair.0, pair.1, nil)
        } else {
            return nil
        }
    }

    private static let others: [String: (TimelineKind, TimelineKind)] = [
        "mutual-aid": (.mutualAidStarted, .mutualAidStopped),
        "recovery-residence": (.residenceEntered, .residenceLeft),
        "recovery-ready-employer": (.workStarted, .workEnded),
        "recovery-high-school": (.workStarted, .workEnded),
        "collegiate-programme": (.workStarted, .workEnded),
        "general-education": (.workStarted, .workEnded),
        "vocational-training": (.workStarted, .workEnded),
    ]
}
