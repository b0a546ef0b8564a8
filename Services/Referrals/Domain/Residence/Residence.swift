public import Models

/// A recovery residence as it is described: what callers send, what is stored, and what is shown. Its id, its version and
/// its numbers of beds stand beside it. It says nothing about those who live there.
public struct Residence: Codable, Hashable, Sendable {
    /// A certificate of an affiliate of NARR.
    public struct Certificate: Codable, Hashable, Sendable {
        public var affiliate: String
        public var number: String
        public var expiresOn: CivilDate?
    }

    /// Medication for opioid use disorder, by drug.
    public enum Medication: String, Codable, CaseIterable, Hashable, Sendable {
        case buprenorphine, methadone
        case extendedReleaseNaltrexone = "extended-release-naltrexone"
    }

    /// Whether those who take it can live there.
    public enum Acceptance: String, Codable, CaseIterable, Hashable, Sendable {
        case yes, no, ask
    }

    /// The answer for each drug: none may be left open by silence.
    public struct Medications: Codable, Hashable, Sendable {
        public var buprenorphine: Acceptance
        public var methadone: Acceptance
        public var extendedReleaseNaltrexone: Acceptance

        public subscript(medication: Medication) -> Acceptance {
            switch medication {
            case .buprenorphine: buprenorphine
            case .methadone: methadone
            case .extendedReleaseNaltrexone: extendedReleaseNaltrexone
            }
        }
    }

    /// Where smoking is allowed.
    public enum Smoking: String, Codable, CaseIterable, Hashable, Sendable {
        case no, outside, yes
    }

    public var name: String
    /// Who runs it.
    public var operatedBy: String
    /// A code of ``ResidencePolicy/types``.
    public var type: String
    public var certificate: Certificate?
    /// The kinds of beds that it has, whether or not one is open.
    public var serves: [BedKind]
    public var medications: Medications
    public var weeklyCents: Int
    public var depositCents: Int
    public var hasScholarship: Bool
    /// When everybody is home.
    public var curfew: String?
    public var smoking: Smoking
    public var allowsPets: Bool
    /// Codes of ``ResidencePolicy/accessibility``.
    public var accessibility: [String]
    /// Codes of ``ResidencePolicy/rules``.
    public var rules: [String]
    public var rulesNote: String?
    /// How one gets to work and meetings from there.
    public var transport: String?
    /// What happens when somebody returns to use: a house without an answer puts people on the street.
    public var returnToUsePolicy: String
    /// How somebody leaves safely, whatever the reason: where to, with naloxone and their medication, who is told.
    public var safeExitPlan: String
    public var county: String
    public var address: String?
    public var position: GeoPosition?
    public var phone: String?
    public var url: String?
    /// The directory's entry of the same house.
    public var entryID: DirectoryEntryID?
    /// It takes nobody any more: searches pass it over, and nobody can apply.
    public var isClosed: Bool?

    /// Whether it is found, and takes applications.
    public var isListed: Bool { isClosed != true }

    /// By what a search filters: `methadone:yes`.
    public var medicationTags: [String] {
        Medication.allCases.map { "\($0.rawValue):\(medications[$0].rawValue)" }
    }

    /// The drugs that it does not accept.
    public var refusedMedications: [Medication] { Medication.allCases.filter { medications[$0] == .no } }
}
