public import FoundationEssentials

/// What is known of names in general: what people who have one are called, and which are so common that to share one says
/// little. English and Spanish; the file is `Data/person-names.json`.
public struct PersonNames: Sendable {
    /// Which groups of variants a name belongs to.
    private let groups: [String: Set<Int>]
    private let commonGiven: Set<String>
    private let commonFamily: Set<String>

    /// The file's shape.
    struct File: Codable {
        struct Group: Codable {
            var name: String
            var variants: [String]
        }

        var version: Int
        var variants: [Group]
        var commonGivenNames: [String]
        var commonFamilyNames: [String]
    }

    /// Reads such a file.
    ///
    /// - Throws: `DecodingError` if it is not of its shape.
    public init(json: Data) throws {
        let file = try JSONDecoder().decode(File.self, from: json)
        var groups: [String: Set<Int>] = [:]
        for (index, group) in file.variants.enumerated() {
            for name in [group.name] + group.variants { groups[name, default: []].insert(index) }
        }
        self.groups = groups
        commonGiven = Set(file.commonGivenNames).union(groups.keys)
        commonFamily = Set(file.commonFamilyNames)
    }

    /// Those that come with Handrail.
    public static func standard() throws -> PersonNames {
        try PersonNames(json: Data(PackageResources.person_names_json))
    }

    /// The JSON Schema (draft 2020-12) of the file, as UTF-8.
    public static var schema: [UInt8] { PackageResources.person_names_schema_json }

    /// The file that comes with Handrail, as UTF-8.
    public static var standardFile: [UInt8] { PackageResources.person_names_json }

    /// Whether one person may go by both given names: `robert` and `bob`, `bob` and `rob`.
    func mayBeOne(_ left: String, _ right: String) -> Bool {
        guard let left = groups[left], let right = groups[right] else { return false }
        return !left.isDisjoint(with: right)
    }

    func isCommon(given name: String) -> Bool { commonGiven.contains(name) }
    func isCommon(family name: String) -> Bool { commonFamily.contains(name) }
}
