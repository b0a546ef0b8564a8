internal import FoundationEssentials

/// How identities are weighed against each other, after Fellegi and Sunter (1969): for each field and level how often one
/// person's two records compare so (m), and how often two people's do (u).
///
/// The shape is `Data/identity-matching.schema.json`; the file beside it is measured in decision 0021.
public struct MatchPolicy: Codable, Hashable, Sendable {
    /// Counts up when a number changes: what was decided under which is told apart by it.
    public var version: Int
    /// How likely a pair that nothing is known of is one person.
    public var priorProbability: Double
    /// From this score on a person looks; thousandths of a bit.
    public var reviewAt: Int
    /// From this score on nobody needs to.
    public var joinAt: Int
    /// ``JaroWinkler`` similarity from which two names are one with a typing error.
    public var nameSimilarity: Double
    /// Fields that both must state: without them no pair is joined by itself.
    public var joinNeeds: [MatchField]
    /// How many participants are compared with one newcomer.
    public var largestBlock: Int
    /// A telephone that more participants than this have is a shelter's or an office's, and no evidence.
    public var largestHousehold: Int
    public var fields: [Field]

    /// What one field says.
    public struct Field: Codable, Hashable, Sendable {
        public var field: MatchField
        public var levels: [Level]
    }

    /// What it says to agree so far.
    public struct Level: Codable, Hashable, Sendable {
        public var level: AgreementLevel
        public var m: Double
        public var u: Double
        /// Such a pair is never joined by itself, whatever else agrees.
        public var preventsJoin: Bool?
    }

    /// The policy that comes with Handrail.
    ///
    /// - Throws: `DecodingError` if the file is not of its shape, which a test keeps from happening.
    public static func standard() throws -> MatchPolicy {
        try JSONDecoder().decode(MatchPolicy.self, from: Data(PackageResources.identity_matching_json))
    }

    /// The JSON Schema (draft 2020-12) of a policy, as UTF-8.
    public static var schema: [UInt8] { PackageResources.identity_matching_schema_json }
}
