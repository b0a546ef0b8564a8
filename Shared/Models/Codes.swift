/// Where a person meets recovery support (FACTS A21, B5): the source of a referral and the place of a contact alike.
public struct Setting: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let emergencyDepartment = Setting(rawValue: "emergency-department")
    public static let inpatient = Setting(rawValue: "inpatient")
    public static let prison = Setting(rawValue: "prison")
    public static let jail = Setting(rawValue: "jail")
    public static let treatmentCourt = Setting(rawValue: "treatment-court")
    public static let streetOutreach = Setting(rawValue: "street-outreach")
    public static let mobileClinic = Setting(rawValue: "mobile-clinic")
    public static let overdosePreventionSite = Setting(rawValue: "overdose-prevention-site")
    public static let treatmentClinic = Setting(rawValue: "treatment-clinic")
    public static let primaryCare = Setting(rawValue: "primary-care")
    public static let recoveryResidence = Setting(rawValue: "recovery-residence")
    public static let recoveryCentre = Setting(rawValue: "recovery-centre")
    public static let school = Setting(rawValue: "school")
    public static let workplace = Setting(rawValue: "workplace")
    public static let family = Setting(rawValue: "family")
    public static let selfReferred = Setting(rawValue: "self")

    /// The settings this version knows; a request from outside must name one of them.
    public static let known: Set<Setting> = [
        emergencyDepartment, inpatient, prison, jail, treatmentCourt, streetOutreach, mobileClinic,
        overdosePreventionSite, treatmentClinic, primaryCare, recoveryResidence, recoveryCentre, school, workplace,
        family, selfReferred,
    ]
}

/// How soon help is needed, in FHIR's codes for `request-priority`.
public enum Priority: String, Codable, CaseIterable, Hashable, Sendable {
    case routine, urgent, asap, stat
}

/// The programme model that a referral asks for or a plan follows, by its data file's code.
public struct ProgrammeCode: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Eight weeks of follow-up after an overdose (FACTS §5.2).
    public static let overdoseFollowUp = ProgrammeCode(rawValue: "overdose-follow-up")
    /// Critical Time Intervention: Transition, Try-Out, Transfer of Care (FACTS §4.1).
    public static let criticalTimeIntervention = ProgrammeCode(rawValue: "critical-time-intervention")
    /// Check-ups for five years (FACTS §4.4).
    public static let recoveryCheckUps = ProgrammeCode(rawValue: "recovery-check-ups")
}

/// How a dispatch to the bedside ended (FACTS §5.3).
public enum BedsideOutcome: String, Codable, CaseIterable, Hashable, Sendable {
    case seenAccepted = "seen-accepted"
    case seenDeclined = "seen-declined"
    case leftBeforeArrival = "left-before-arrival"
    case unable
    case died
    case refusedContact = "refused-contact"
}

/// What came of an attempt to be in contact.
public enum ContactOutcome: String, Codable, CaseIterable, Hashable, Sendable {
    case reached
    case notReached = "not-reached"
    case leftMessage = "left-message"
    case noShow = "no-show"
    case declined
}

/// How a contact took place.
public enum ContactMode: String, Codable, CaseIterable, Hashable, Sendable {
    case bedside, inPerson = "in-person", phone, video, text
}

/// What became of the need behind a referral when it closed (FACTS §12.4: a loop that closes says whether help came).
public enum ClosingReason: String, Codable, CaseIterable, Hashable, Sendable {
    case needMet = "need-met"
    case needPartlyMet = "need-partly-met"
    case declined
    case notReached = "not-reached"
    case died
    case moved
    case notEligible = "not-eligible"
    case referredOn = "referred-on"
}

/// Where somebody's placement in a recovery residence stands (FACTS §10.4).
public enum PlacementStatus: String, Codable, CaseIterable, Hashable, Sendable {
    case applied, interviewed, accepted
    case movedIn = "moved-in"
    case movedOut = "moved-out"
    /// The residence said no, or the person did.
    case declined
    /// The application was taken back.
    case withdrawn
}
