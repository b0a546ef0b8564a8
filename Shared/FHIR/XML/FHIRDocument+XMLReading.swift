public import JSON

extension FHIRDocument {
    /// Reads one resource of FHIR's XML (R4 §2.6.1) into what the same resource would be in JSON.
    ///
    /// - Throws: what is wrong, with the line for bad XML and expressions for the rest. An element that R4 does not have is
    ///   refused: unlike JSON there is nothing that could carry it along.
    public static func parse(
        xml bytes: [UInt8], limits: JSONLimits = .resource
    ) throws(R4.Refusal) -> FHIRDocument {
        var reading = XMLReading(bytes, limits: limits)
        let root: XMLNode
        do throws(XMLFault) {
            root = try reading.document()
        } catch {
            throw R4.Refusal(error.isSize ? .tooLong : .structure, "Line \(error.line) of the XML: \(error.reason).")
        }
        let notes = IssueNotes()
        let object = ResourceFromXML(notes: notes).resource(root)
        guard let object, !notes.hasErrors else { throw R4.Refusal(notes.issues) }
        // In JSON it can be deeper and longer than it was here, and must be read again from what is kept.
        return try parse(FHIRDocument(object).serialized(), limits: limits)
    }
}

/// Turns elements into members.
struct ResourceFromXML {
    let notes: IssueNotes
    private let table = ElementTable.published

    init(notes: IssueNotes) { self.notes = notes }

    func resource(_ node: XMLNode) -> JSONObject? {
        guard table.isResource(node.name) else {
            let known = table.names.filter(table.isResource).joined(separator: ", ")
            notes.note(.notSupported, "In XML these resources are read: \(known).", at: "Resource")
            return nil
        }
        var object: JSONObject = ["resourceType": .string(node.name)]
        for (name, value) in element(node, of: node.name, at: node.name).members.map({ ($0.name, $0.value) }) {
            object[name] = value
        }
        return object
    }

    /// The members of an element of a type.
    private func element(_ node: XMLNode, of type: String, at expression: String) -> JSONObject {
        var object = JSONObject()
        let attributes = table.isResource(type) ? [] : type == "Extension" ? ["id", "url"] : ["id"]
        for name in attributes { object.set(name, ifPresent: node.attributes[name].map(JSONValue.string)) }
        check(node, has: Set(attributes), at: expression)
        let elements = table[type] ?? []
        for (name, all) in Self.grouped(node.children) {
            guard let known = elements.first(where: { $0.name == name && !attributes.contains(name) }) else {
                notes.note(.structure, "An element that R4 does not have.", at: expression)
                continue
            }
            let place = "\(expression).\(name)"
            guard known.isList || all.count == 1 else {
                notes.note(.structure, "The element stands once.", at: place)
                continue
            }
            add(all, known, of: type, at: place, to: &object)
        }
        return object
    }

    /// Elements by their names, in the order in which the names come.
    private static func grouped(_ nodes: [XMLNode]) -> [(name: String, nodes: [XMLNode])] {
        var groups: [(name: String, nodes: [XMLNode])] = []
        var places: [String: Int] = [:]
        for node in nodes {
            if let place = places[node.name] {
                groups[place].nodes.append(node)
            } else {
                places[node.name] = groups.count
                groups.append((node.name, [node]))
            }
        }
        return groups
    }

    private func add(
        _ nodes: [XMLNode], _ known: ElementTable.Element, of type: String, at place: String,
        to object: inout JSONObject
    ) {
        func set(_ values: [JSONValue], _ name: String) {
            object[name] = known.isList ? .array(values) : values.first
        }
        switch known.type {
        case .resource:
            let resources = nodes.compactMap { node -> JSONValue? in
                check(node, has: [], at: place)
                guard node.children.count == 1 else {
                    notes.note(.structure, "It holds one resource.", at: place)
                    return nil
                }
                return resource(node.children[0]).map(JSONValue.object)
            }
            set(resources, known.name)
        case .type(let name): set(nodes.map { .object(element($0, of: name, at: place)) }, known.name)
        case .string where type == "Narrative" && known.name == "div":
            set(nodes.map { $0.xhtml.map(JSONValue.string) ?? .null }, known.name)
        case .string, .bool, .number:
            let values = nodes.map { primitive($0, known.type, at: place) }
            let extras = nodes.map { extra($0, at: place) }
            if values.contains(where: { $0 != .null }) { set(values, known.name) }
            if extras.contains(where: { $0 != .null }) { set(extras, "_\(known.name)") }
        }
    }

    private func primitive(_ node: XMLNode, _ type: ElementTable.ElementType, at place: String) -> JSONValue {
        check(node, has: ["id", "value"], at: place)
        guard let text = node.attributes["value"] else {
            if node.children.isEmpty { notes.note(.required, "An element needs its value.", at: place) }
            return .null
        }
        switch type {
        case .bool where text == "true" || text == "false": return .bool(text == "true")
        case .number:
            // As it was written: 72.50 is not 72.5.
            do {
                let value = try JSONValue.parse(Array(text.utf8))
                if case .number = value { return value }
            } catch {}
        case .string where !text.isEmpty: return .string(text)
        default: break
        }
        notes.note(.value, "The value is not one of this element.", at: place)
        return .null
    }

    private func extra(_ node: XMLNode, at place: String) -> JSONValue {
        var object = JSONObject()
        object.set("id", ifPresent: node.attributes["id"].map(JSONValue.string))
        let extensions = node.children.filter { $0.name == "extension" }
        if extensions.count != node.children.count {
            notes.note(.structure, "A primitive has nothing but extensions in it.", at: place)
        }
        if !extensions.isEmpty {
            object["extension"] = .array(
                extensions.map { .object(element($0, of: "Extension", at: "\(place).extension")) })
        }
        return object.isEmpty ? .null : .object(object)
    }

    private func check(_ node: XMLNode, has attributes: Set<String>, at expression: String) {
        let surplus = node.attributes.keys.contains {
            !attributes.contains($0) && $0 != "xmlns" && !$0.hasPrefix("xmlns:") && !$0.hasPrefix("xsi:")
        }
        if surplus { notes.note(.structure, "An attribute that R4 does not have.", at: expression) }
    }
}
