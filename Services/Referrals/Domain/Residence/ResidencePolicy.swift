internal import FoundationEssentials
public import Models

/// What an agency may decide about residences without a new program: types, reasons, priorities, and the words for them.
///
/// The shape is `Data/residences.schema.json`. Codes are stored and travel in messages, so one that was used stays.
public struct ResidencePolicy: Codable, Hashable, Sendable {
    /// A code with its words.
    public struct Word: Codable, Hashable, Sendable {
        public var code: String
        public var text: String
        /// Whether a note must say more.
        public var needsNote: Bool?
    }

    /// How a house is run, after NARR. Types, not ratings of quality.
    public struct Kind: Codable, Hashable, Sendable {
        public var code: String
        public var level: String
        public var name: String
        public var text: String
    }

    /// Who is asked first: the lowest rank, and within it whoever applied first.
    public struct Priority: Codable, Hashable, Sendable {
        public var code: String
        public var rank: Int
        public var text: String
    }

    /// What is said beside a residence that refuses a medication, and on what law it rests.
    public struct MedicationWarning: Codable, Hashable, Sendable {
        public var text: String
        public var grounds: [Word]
    }

    /// Counts up when something changes.
    public var version: Int
    /// After so many days without a confirmation the numbers of beds are stale.
    public var staleAfterDays: Int
    /// For how long a bed is held for somebody who was accepted.
    public var holdHours: Int
    public var types: [Kind]
    public var typesNote: String
    public var medicationWarning: MedicationWarning
    public var rules: [Word]
    public var accessibility: [Word]
    public var priorities: [Priority]
    public var declineReasons: [Word]
    public var moveOutReasons: [Word]
    public var nextPlaces: [Word]

    /// The policy that comes with Handrail.
    ///
    /// - Throws: `DecodingError` if the file is not of its shape, which a test keeps from happening.
    public static func standard() throws -> ResidencePolicy {
        try JSONDecoder().decode(ResidencePolicy.self, from: Data(PackageResources.residences_json))
    }

    /// The JSON Schema (draft 2020-12) of a policy, as UTF-8.
    public static var schema: [UInt8] { PackageResources.residences_schema_json }

    /// Whether numbers that were confirmed then are to be marked.
    public func isStale(_ confirmedAt: Instant, at now: Instant) -> Bool {
        now - confirmedAt > .seconds(staleAfterDays * 86_400)
    }

    /// Until when a bed is held for somebody who was accepted now.
    public func holdEnds(from now: Instant) -> Instant { now + .seconds(holdHours * 3600) }

    /// - Returns: the type with this code; nil for one that the policy does not know.
    public func type(_ code: String) -> Kind? { types.first { $0.code == code } }

    /// - Returns: the priority with this code; the last in rank where none is named.
    public func priority(_ code: String?) -> Priority? {
        guard let code else { return priorities.max { $0.rank < $1.rank } }
        return priorities.first { $0.code == code }
    }

    /// What is wrong with a code that somebody gave, and with the note beside it.
    ///
    /// - Parameter pointer: where the code stands.
    public static func faults(
        of code: String, among words: [Word], note: String? = nil, at pointer: String
    ) -> [Fault] {
        guard let word = words.first(where: { $0.code == code }) else {
            return [Fault(pointer, "one of \(words.map(\.code).joined(separator: ", "))")]
        }
        return word.needsNote == true && note?.nonBlank == nil ? [Fault("/note", "say what it was")] : []
    }
}
