internal import FoundationEssentials
public import Models

/// How an agency matches: weights, hard filters, dispatch rounds, load and rest. All of it is the agency's data.
///
/// The shape is `Data/matching-policy.schema.json`; the default is the file beside it (FACTS §5.3, §6.5, §6.6, §11). A
/// ranking stores the policy's version with its inputs, so that it can be computed again. Nothing here can name race
/// or ethnicity: the criteria are a closed set without them.
public struct Policy: Codable, Hashable, Sendable {
    /// 1 and up; an agency's own versions replace the default of the same number or lower.
    public var version: Int
    public var weights: Weights
    public var filters: Filters
    /// Settings where a peer's justice experience is weighed without having been asked for.
    public var justiceSettings: [Setting]
    public var scenes: [SettingScenes]
    public var dispatch: DispatchRules
    public var load: LoadRules
    public var rota: RotaRules

    /// Percent of the score for each criterion; together 100.
    public struct Weights: Codable, Hashable, Sendable {
        public var availability: Int
        public var geography: Int
        public var lifeStage: Int
        public var pathway: Int
        public var justice: Int
        public var substance: Int

        var all: [Int] { [availability, geography, lifeStage, pathway, justice, substance] }
    }

    /// What a peer must hold, beyond what the participant asks for.
    public struct Filters: Codable, Hashable, Sendable {
        /// Credential kinds that everybody needs.
        public var credentials: [String]
        public var settings: [SettingRule]
        public var programmes: [ProgrammeRule]
        /// Credential kinds needed beside a person under 18.
        public var minorCredentials: [String]
    }

    /// Clearances for a setting, such as prison entry.
    public struct SettingRule: Codable, Hashable, Sendable {
        public var setting: Setting
        public var credentials: [String]
    }

    /// What a programme asks of its peers; years are whole years up to the day of the match.
    public struct ProgrammeRule: Codable, Hashable, Sendable {
        public var programme: ProgrammeCode
        public var credentials: [String]
        public var yearsInRecovery: Int?
        public var yearsOutOfJustice: Int?

        public init(
            programme: ProgrammeCode, credentials: [String], yearsInRecovery: Int? = nil, yearsOutOfJustice: Int? = nil
        ) {
            self.programme = programme
            self.credentials = credentials
            self.yearsInRecovery = yearsInRecovery
            self.yearsOutOfJustice = yearsOutOfJustice
        }
    }

    /// The scenes that a setting may bring, in the codes that peers opt out of.
    public struct SettingScenes: Codable, Hashable, Sendable {
        public var setting: Setting
        public var scenes: [String]
    }

    /// What an assignment weighs in a peer's load, by the phase of the contact plan.
    public struct LoadRules: Codable, Hashable, Sendable {
        public var initialWeight: Int
        public var phases: [PhaseWeight]

        /// The weight in this phase; nil for a phase that the agency does not weigh.
        public func weight(inPhase phase: String) -> Int? {
            phases.first { $0.phase == phase }?.weight
        }
    }

    /// The weight of one phase.
    public struct PhaseWeight: Codable, Hashable, Sendable {
        public var phase: String
        public var weight: Int
    }

    /// Rules for on-call shifts.
    public struct RotaRules: Codable, Hashable, Sendable {
        /// Hours between the end of one shift of a peer and the start of the next.
        public var restHours: Int
    }
}

extension Policy {
    /// The policy that comes with Handrail, from the embedded data file.
    ///
    /// - Throws: `DecodingError` if the file is not of its shape, which a test keeps from happening.
    public static func standard() throws -> Policy {
        try JSONDecoder().decode(Policy.self, from: Data(PackageResources.matching_policy_json))
    }

    /// The JSON Schema (draft 2020-12) of a policy, as UTF-8.
    public static var schema: [UInt8] { PackageResources.matching_policy_schema_json }

    /// Whether such a referral is answered by sending the on-call peer rather than by a ranked proposal.
    public func isEmergency(setting: Setting, priority: Priority) -> Bool {
        dispatch.settings.contains(setting) || dispatch.priorities.contains(priority)
    }

    /// The scenes that a setting may bring.
    public func scenes(of setting: Setting) -> Set<String> {
        Set(scenes.filter { $0.setting == setting }.flatMap(\.scenes))
    }
}
