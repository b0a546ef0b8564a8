internal import JSON

extension FHIRDocument {
    /// The resource in FHIR's XML.
    ///
    /// - Throws: `not-supported` where it holds what XML has no place for: an element that R4 does not have, which JSON
    ///   carries along, or a narrative that is not well-formed.
    public func serializedXML() throws(R4.Refusal) -> [UInt8] {
        var writing = ResourceToXML()
        writing.text = #"<?xml version="1.0" encoding="UTF-8"?>"#
        try writing.resource(json, namespace: true)
        return Array(writing.text.utf8)
    }
}

/// Writes members as elements, in the order of the table.
struct ResourceToXML {
    var text = ""
    private let table = ElementTable.published

    mutating func resource(_ object: JSONObject, namespace: Bool = false) throws(R4.Refusal) {
        guard let type = object["resourceType"]?.string, table.isResource(type) else { throw Self.unwritable }
        text += namespace ? "<\(type) xmlns=\"\(XMLReading.fhir)\">" : "<\(type)>"
        var rest = object
        rest["resourceType"] = nil
        try content(of: rest, type)
        text += "</\(type)>"
    }

    private static var unwritable: R4.Refusal {
        R4.Refusal(.notSupported, "The resource holds what XML has no place for: ask for it in JSON.")
    }

    private mutating func content(of object: JSONObject, _ type: String) throws(R4.Refusal) {
        guard let elements = table[type] else { throw Self.unwritable }
        let known = Set(elements.map(\.name))
        for name in object.names {
            guard known.contains(name) || name.hasPrefix("_") && known.contains(String(name.dropFirst())) else {
                throw Self.unwritable
            }
        }
        let isResource = table.isResource(type)
        for element in elements {
            if !isResource, element.name == "id" || type == "Extension" && element.name == "url" { continue }
            try write(element, of: type, object)
        }
    }

    private mutating func write(
        _ element: ElementTable.Element, of type: String, _ object: JSONObject
    ) throws(R4.Refusal) {
        let value = object[element.name]
        let extra = object["_\(element.name)"]
        guard value != nil || extra != nil else { return }
        let values = element.isList ? value?.items ?? [] : value.map { [$0] } ?? []
        let extras = element.isList ? extra?.items ?? [] : extra.map { [$0] } ?? []
        if element.isList, value.map({ $0.array == nil }) ?? false { throw Self.unwritable }
        for index in 0..<max(values.count, extras.count) {
            let value = index < values.count ? values[index] : .null
            let extra = index < extras.count ? extras[index] : .null
            try writeOne(element, of: type, value, extra)
        }
    }

    private mutating func writeOne(
        _ element: ElementTable.Element, of type: String, _ value: JSONValue, _ extra: JSONValue
    ) throws(R4.Refusal) {
        let name = element.name
        switch element.type {
        case .resource:
            guard let object = value.object else { throw Self.unwritable }
            text += "<\(name)>"
            try resource(object)
            text += "</\(name)>"
        case .type(let inner):
            guard let object = value.object else { throw Self.unwritable }
            try writeElement(name, inner, object)
        case .string where type == "Narrative" && name == "div":
            guard let div = value.string, XMLReading.isXHTML(div) else { throw Self.unwritable }
            text += div
        case .string, .bool, .number:
            text += "<\(name)"
            if let id = extra["id"]?.string { text += " id=\"\(Self.escaped(id))\"" }
            if let value = try Self.primitive(value, element.type) { text += " value=\"\(Self.escaped(value))\"" }
            guard let extensions = extra["extension"]?.array, !extensions.isEmpty else {
                text += "/>"
                return
            }
            text += ">"
            for one in extensions {
                guard let object = one.object else { throw Self.unwritable }
                try writeElement("extension", "Extension", object)
            }
            text += "</\(name)>"
        }
    }

    private mutating func writeElement(
        _ name: String, _ type: String, _ object: JSONObject
    ) throws(R4.Refusal) {
        text += "<\(name)"
        if let id = object["id"]?.string { text += " id=\"\(Self.escaped(id))\"" }
        if type == "Extension", let url = object["url"]?.string { text += " url=\"\(Self.escaped(url))\"" }
        text += ">"
        try content(of: object, type)
        text += "</\(name)>"
    }

    private static func primitive(
        _ value: JSONValue, _ type: ElementTable.ElementType
    ) throws(R4.Refusal) -> String? {
        switch (value, type) {
        case (.null, _): return nil
        case (.string(let text), .string): return text
        case (.bool(let flag), .bool): return flag ? "true" : "false"
        case (.number(let number), .number): return number.text
        default: throw unwritable
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
