internal import FoundationEssentials
public import Models

/// The codes in which a visit at the bedside is told, when somebody asks how the person is, and who is asked where they are.
///
/// The shape is `Data/bedside.schema.json`. A code is never given another meaning: rows carry it for years.
public struct BedsideCatalogue: Codable, Hashable, Sendable {
    /// Counts up when a list changes.
    public var version: Int
    public var eightWeeks: EightWeeks
    public var naloxoneGivers: [Choice]
    /// What was started at the hospital, of medication for opioid use disorder, or why nothing was.
    public var medications: [Choice]
    /// Where somebody went from the hospital.
    public var dispositions: [Choice]
    /// How somebody is after eight weeks.
    public var statuses: [Choice]
    public var contactPersons: ContactPersons
    /// Who knows where somebody is.
    public var relations: [Choice]
    /// Where to look for somebody.
    public var places: [Choice]

    /// When somebody asks how the person is.
    public struct EightWeeks: Codable, Hashable, Sendable {
        /// So many days after a referral was accepted it stands on the board.
        public var days: Int
        /// A status that can still change counts from this day on.
        public var earliestDays: Int

        /// Whom to ask about now: those whose referral was accepted then, or before.
        public func dueSince(_ now: Instant) -> Instant { now - .seconds(days * 86_400) }

        public func dueAt(acceptedAt: Instant) -> Instant { acceptedAt + .seconds(days * 86_400) }
    }

    /// How many people are named who know where somebody is.
    public struct ContactPersons: Codable, Hashable, Sendable {
        /// With fewer the answer says how many are missing.
        public var wanted: Int
        public var most: Int
    }

    /// A code, and what it means to people.
    public struct Choice: LinkageCatalogue.Code, Codable, Hashable, Sendable {
        public var code: String
        public var text: String
        /// What it tells beyond the referral itself; nil for nothing.
        public var `class`: DataClass?
        /// Whether nothing else can follow.
        public var isFinal: Bool?
    }

    /// All classes of which an answer may be.
    public static let classes: Set<DataClass> = [.presence, .referral, .medication, .justice]

    /// What may be told of a code. One of a newer list is protected as far as any.
    static func dataClass(of code: String, in list: [Choice]) -> DataClass {
        guard let known = list.first(where: { $0.code == code }) else { return .justice }
        return known.class ?? .referral
    }

    /// The lists that come with Handrail.
    ///
    /// - Throws: `DecodingError` if the file is not of its shape, which a test keeps from happening.
    public static func standard() throws -> BedsideCatalogue {
        try JSONDecoder().decode(BedsideCatalogue.self, from: Data(PackageResources.bedside_json))
    }

    /// The file itself, as UTF-8.
    public static var standardFile: [UInt8] { PackageResources.bedside_json }

    /// The JSON Schema (draft 2020-12) of a catalogue, as UTF-8.
    public static var schema: [UInt8] { PackageResources.bedside_schema_json }
}
