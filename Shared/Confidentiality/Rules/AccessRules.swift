internal import JSON
public import Models

/// Which role sees what, through which relationship and for what: a data file (`access-rules.json`), because agencies'
/// lawyers read it, and because each audit row names its version.
public struct AccessRules: Sendable, Decodable {
    /// Written into each audit row.
    public let version: String
    let rules: [AccessRule]
    let emergency: EmergencyRule
    /// Classes that no consent in general terms and no other law covers: each outsider needs a consent that names them.
    let veryRestricted: Set<DataClass>
    /// Classes that never leave the agency.
    let inside: Set<DataClass>

    /// The rules that came with the program.
    ///
    /// - Throws: ``AccessRulesError`` where the file is not what its schema says.
    public static func builtIn() throws(AccessRulesError) -> AccessRules {
        try AccessRules(json: PackageResources.access_rules_json)
    }

    /// - Throws: ``AccessRulesError`` where the bytes are not what the schema says.
    public init(json: [UInt8]) throws(AccessRulesError) {
        do {
            self = try JSONValue.decode(AccessRules.self, from: json)
        } catch {
            throw AccessRulesError(fault: String(describing: error))
        }
        if let fault { throw AccessRulesError(fault: fault) }
    }

    /// The purposes for which a role may ask, the usual one first; empty for a role without a rule.
    public func purposes(of role: Role) -> [PurposeOfUse] { rule(for: role)?.purposes ?? [] }

    /// What a role may see of all there is, before anybody in particular is asked about.
    public func classes(of role: Role) -> Set<DataClass> { rule(for: role)?.classes ?? [] }

    func rule(for role: Role) -> AccessRule? { rules.first { $0.role == role } }

    private var fault: String? {
        if Set(rules.map(\.role)).count != rules.count { return "a role has two rules" }
        for rule in rules {
            if rule.purposes.isEmpty { return "\(rule.role.rawValue) has no purpose" }
            if rule.classes.contains(.identity) == (rule.identity ?? []).isEmpty {
                return "\(rule.role.rawValue): identity and its fields go together"
            }
        }
        return nil
    }
}

/// What one role sees.
struct AccessRule: Sendable, Decodable {
    let role: Role
    /// Any of these must connect it with the participant.
    let relationships: Set<Relationship>
    /// The usual one first.
    let purposes: [PurposeOfUse]
    let classes: Set<DataClass>
    /// The fields of the class `identity` that the work needs.
    let identity: Set<IdentityField>?
    /// Less than `classes`, for some purposes (45 CFR 164.502(b); disclosures for treatment are exempt).
    let minimumNecessary: [String: Set<DataClass>]?

    func needed(for purpose: PurposeOfUse) -> Set<DataClass> {
        minimumNecessary?[purpose.rawValue] ?? classes
    }
}

/// What medical personnel is told in an emergency.
struct EmergencyRule: Sendable, Decodable {
    let classes: Set<DataClass>
    let identity: Set<IdentityField>
}

/// The data file of the rules is not what it must be: no service starts without rules.
public struct AccessRulesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; the file holds nothing personal.
    public let fault: String

    public var description: String { "access-rules.json: \(fault)" }
}
