internal import JSON

/// The codes of the FHIR R4 value sets that a required binding names, from `Data/code-tables.json`.
public struct CodeTables: Sendable {
    /// The tables, by the name of the value set.
    public enum Name: String, CaseIterable, Sendable {
        case administrativeGender = "administrative-gender"
        case nameUse = "name-use"
        case identifierUse = "identifier-use"
        case contactPointSystem = "contact-point-system"
        case contactPointUse = "contact-point-use"
        case addressUse = "address-use"
        case requestStatus = "request-status"
        case requestIntent = "request-intent"
        case taskIntent = "task-intent"
        case taskStatus = "task-status"
        case requestPriority = "request-priority"
        case consentState = "consent-state-codes"
        case consentProvisionType = "consent-provision-type"
        case bundleType = "bundle-type"
        case httpVerb = "http-verb"
        case issueSeverity = "issue-severity"
        case issueType = "issue-type"
        case bserBusinessStatus = "bser-business-status"
        case confidentiality
    }

    /// The tables that are compiled in.
    public static let published = CodeTables(EmbeddedJSON.read(PackageResources.code_tables_json))

    private let codes: [Name: Set<String>]
    private let systems: [Name: String]

    init(_ json: JSONValue) {
        var codes: [Name: Set<String>] = [:]
        var systems: [Name: String] = [:]
        for table in json[["tables"]]?.array ?? [] {
            guard let name = table[["name"]]?.string.flatMap(Name.init(rawValue:)) else { continue }
            codes[name] = Set((table[["codes"]]?.array ?? []).compactMap(\.string))
            systems[name] = table[["system"]]?.string
        }
        (self.codes, self.systems) = (codes, systems)
    }

    /// The codes of a table.
    public subscript(name: Name) -> Set<String> { codes[name] ?? [] }

    /// The code system's URI.
    public func system(of name: Name) -> String { systems[name] ?? "" }
}

enum EmbeddedJSON {
    /// Reads a data file that was compiled in.
    static func read(_ bytes: [UInt8]) -> JSONValue {
        do {
            return try JSONValue.parse(bytes)
        } catch {
            // SAFETY: the bytes are part of the program, and a test reads every file; nothing received comes here.
            fatalError("an embedded data file is no JSON: \(error)")
        }
    }
}
