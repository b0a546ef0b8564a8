public import Models

/// A measure's code, such as `referral-to-bedside`.
public struct MeasureCode: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a measure counts, of whom, from when, without whom: data, with a version that every result names.
public struct MeasureDefinition: Codable, Hashable, Sendable {
    public let id: MeasureCode
    /// Raised with every change that could change a number.
    public let version: Int
    public let title: String
    public let description: String
    /// Where the definition or its target comes from.
    public let source: String
    public let kind: Kind
    public let subject: SubjectKind
    public let population: Population
    public let index: Index
    public let event: Event
    /// For `time-to-event`: a part for each.
    public let thresholds: [Threshold]
    /// For `engagement`: a part for each.
    public let windows: [DayWindow]?
    /// For `contacts-in-time`.
    public let window: DueWindow?
    public let exclude: [ExclusionReason]
    public let sourceTier: SourceTier
    /// Published numbers to stand beside ours, with whom they were counted in.
    public let benchmarks: [Benchmark]

    public enum Kind: String, Codable, Hashable, Sendable {
        case timeToEvent = "time-to-event"
        case share
        case contactsInTime = "contacts-in-time"
        case engagement
    }

    /// What one member of a denominator is.
    public enum SubjectKind: String, Codable, Hashable, Sendable {
        case referral
        case plannedContact = "planned-contact"
    }

    /// Whom a measure is about.
    public enum Population: String, Codable, Hashable, Sendable {
        case accepted
        /// Referrals for which an on-call peer was asked.
        case dispatched
        /// Dispatched, and the peer saw the person.
        case seen
        case closed
        case overdoseFollowUp = "overdose-follow-up"
        case planned
    }

    /// The instant from which time is counted, and which puts a subject into a period.
    public enum Index: String, Codable, Hashable, Sendable {
        case received, accepted, due
    }

    /// What is waited for.
    public enum Event: String, Codable, Hashable, Sendable {
        case acknowledged, arrived
        case firstContact = "first-contact"
        case acceptedSupport = "accepted-support"
        case closedNotReached = "closed-not-reached"
        case reached
        case reachedInWindow = "reached-in-window"
    }

    /// A time within which the event should have come.
    public struct Threshold: Codable, Hashable, Sendable {
        public let code: String
        public let withinSeconds: Int
    }

    /// Days after the day of the index, both ends included.
    public struct DayWindow: Codable, Hashable, Sendable {
        public let code: String
        public let fromDay: Int
        public let toDay: Int
    }

    /// How far from the end of its plan's window a contact may be and still be in time.
    public struct DueWindow: Codable, Hashable, Sendable {
        /// Nil: as early as the plan's window opens. A contact before that is none for this window to begin with.
        public let secondsBefore: Int?
        public let secondsAfter: Int
    }

    /// A published number; its definition is that study's, not ours.
    public struct Benchmark: Codable, Hashable, Sendable {
        public let part: String
        public let value: Double
        public let n: Int?
        public let population: String
        public let source: String
        public let year: Int?
    }
}

/// Why a subject counts neither for nor against.
public enum ExclusionReason: String, Codable, CaseIterable, Hashable, Sendable {
    case cancelledBeforeEvent = "cancelled-before-event"
    case diedBeforeEvent = "died-before-event"
    case leftBeforeArrival = "left-before-arrival"
    case unableToConsent = "unable-to-consent"
    case died
    case notEligible = "not-eligible"
    case planClosedBeforeDue = "plan-closed-before-due"
}

/// The definitions that this version computes.
public struct MeasureCatalogue: Sendable {
    public let all: [MeasureDefinition]

    public static func builtIn() throws(DomainDataError) -> MeasureCatalogue {
        struct File: Decodable { let measures: [MeasureDefinition] }
        let name = "process-measures.json"
        let file = try DomainData.decode(File.self, from: PackageResources.process_measures_json, named: name)
        for measure in file.measures {
            if let fault = measure.fault { throw DomainDataError(file: name, fault: "\(measure.id): \(fault)") }
        }
        return MeasureCatalogue(all: file.measures)
    }

    public func measure(_ id: MeasureCode) -> MeasureDefinition? { all.first { $0.id == id } }
}

extension MeasureDefinition {
    /// What does not fit together; nil when everything does.
    var fault: String? {
        switch kind {
        case .timeToEvent where thresholds.isEmpty: "a time to an event needs a threshold"
        case .engagement where windows?.isEmpty != false: "engagement needs windows"
        case .contactsInTime where window == nil: "contacts in time need a window"
        case .contactsInTime where subject != .plannedContact || index != .due:
            "contacts in time are counted by due time"
        default: nil
        }
    }
}
