internal import JSON

/// The elements of R4's types in the order in which XML has them, from `Data/r4-elements.json`.
struct ElementTable: Sendable {
    /// One element of a type.
    struct Element: Hashable, Sendable {
        let name: String
        let type: ElementType
        let isList: Bool
    }

    /// What an element holds.
    enum ElementType: Hashable, Sendable {
        case string, bool, number
        /// Any resource: what is contained, or an entry of a Bundle.
        case resource
        /// A type of the table.
        case type(String)
    }

    /// The table that is compiled in.
    static let published = ElementTable(EmbeddedJSON.read(PackageResources.r4_elements_json))

    private let types: [String: [Element]]

    init(_ json: JSONValue) {
        var types: [String: [Element]] = [:]
        for type in json["types"]?.items ?? [] {
            guard let name = type["name"]?.string else { continue }
            types[name] = (type["elements"]?.items ?? []).compactMap { $0.string.flatMap(Element.init) }
        }
        self.types = types
    }

    /// The elements of a type; nil for one that we do not know.
    subscript(type: String) -> [Element]? { types[type] }

    /// The types themselves.
    var names: [String] { types.keys.sorted() }

    /// Whether a type is a resource, which has its id as an element; that of others is an attribute.
    func isResource(_ type: String) -> Bool { types[type]?.contains { $0.name == "implicitRules" } ?? false }
}

extension ElementTable.Element {
    /// `name* HumanName`.
    fileprivate init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2 else { return nil }
        isList = parts[0].hasSuffix("*")
        name = String(isList ? parts[0].dropLast() : parts[0])
        type =
            switch parts[1] {
            case "s": .string
            case "b": .bool
            case "n": .number
            case "Resource": .resource
            case let name: .type(String(name))
            }
    }
}
