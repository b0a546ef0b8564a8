internal import JSON

/// Holds a JSON document against a JSON Schema, for the part of draft 2020-12 that our data files use.
///
/// A keyword that it does not know is itself a fault, so that a schema never promises what nobody checks.
public struct JSONSchema {
    private let root: JSONValue

    /// - Throws: `JSONSyntaxError` where the bytes are not JSON.
    public init(_ bytes: [UInt8]) throws {
        root = try JSONValue.parse(bytes)
    }

    /// What is wrong with the document, each with a JSON pointer; empty where it follows the schema.
    ///
    /// - Throws: `JSONSyntaxError` where the bytes are not JSON.
    public func faults(in document: [UInt8]) throws -> [String] {
        check(try JSONValue.parse(document), against: root, at: "")
    }

    private func check(_ value: JSONValue, against schema: JSONValue, at pointer: String) -> [String] {
        guard case .object(let keywords) = schema else {
            return schema == .bool(true) ? [] : ["\(pointer): not allowed"]
        }
        return keywords.members.sorted { $0.name < $1.name }.flatMap { keyword in
            check(value, keyword.name, keyword.value, in: keywords, at: pointer)
        }
    }

    private func check(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, in keywords: JSONObject, at pointer: String
    ) -> [String] {
        switch (keyword, rule, value) {
        case ("$schema", _, _), ("$id", _, _), ("$defs", _, _), ("title", _, _), ("description", _, _),
            ("$comment", _, _), ("examples", _, _):
            return []
        case ("$ref", .string(let reference), _):
            guard let target = resolve(reference) else { return ["\(pointer): unresolved \(reference)"] }
            return check(value, against: target, at: pointer)
        case ("type", .string(let name), _):
            return value.isOf(type: name) ? [] : ["\(pointer): not of type \(name)"]
        case ("type", .array(let names), _):
            let fits = names.contains { if case .string(let name) = $0 { value.isOf(type: name) } else { false } }
            return fits ? [] : ["\(pointer): of none of the types"]
        case ("enum", .array(let allowed), _):
            return allowed.contains { $0.meaning == value.meaning } ? [] : ["\(pointer): not in the list"]
        case ("const", _, _): return rule.meaning == value.meaning ? [] : ["\(pointer): another constant"]
        case ("oneOf", .array(let choices), _), ("anyOf", .array(let choices), _):
            let fitting = choices.count { check(value, against: $0, at: pointer).isEmpty }
            return fitting == 1 || (fitting > 1 && keyword == "anyOf")
                ? [] : ["\(pointer): fits \(fitting) of \(keyword)"]
        case ("allOf", .array(let all), _): return all.flatMap { check(value, against: $0, at: pointer) }
        case ("required", .array(let names), .object(let members)):
            return names.compactMap { name in
                if case .string(let name) = name, members[name] == nil { "\(pointer): lacks \(name)" } else { nil }
            }
        case ("properties", .object(let schemas), .object(let members)):
            return members.members.sorted { $0.name < $1.name }.flatMap { member in
                schemas[member.name].map { check(member.value, against: $0, at: "\(pointer)/\(member.name)") } ?? []
            }
        case ("additionalProperties", _, .object(let members)):
            let known = Set(keywords["properties"]?.object?.names ?? [])
            return members.members.filter { !known.contains($0.name) }.sorted { $0.name < $1.name }
                .flatMap { check($0.value, against: rule, at: "\(pointer)/\($0.name)") }
        case ("items", _, .array(let items)):
            return items.enumerated().flatMap { check($0.element, against: rule, at: "\(pointer)/\($0.offset)") }
        case ("uniqueItems", .bool(true), .array(let items)):
            return Set(items.map(\.meaning)).count == items.count ? [] : ["\(pointer): repeats an item"]
        default: return checkBound(value, keyword, rule, at: pointer)
        }
    }

    private func checkBound(_ value: JSONValue, _ keyword: String, _ rule: JSONValue, at pointer: String) -> [String] {
        let measured: Double? =
            switch (keyword, value) {
            case ("minimum", .number(let number)), ("maximum", .number(let number)),
                ("exclusiveMinimum", .number(let number)):
                number.double
            case ("minItems", .array(let items)), ("maxItems", .array(let items)): Double(items.count)
            case ("minProperties", .object(let members)): Double(members.members.count)
            case ("minLength", .string(let text)), ("maxLength", .string(let text)): Double(text.unicodeScalars.count)
            default: nil
            }
        if let measured, case .number(let number) = rule, let bound = number.double {
            let fits =
                keyword.hasPrefix("max")
                ? measured <= bound
                : keyword.hasPrefix("exclusive") ? measured > bound : measured >= bound
            return fits ? [] : ["\(pointer): \(keyword) \(bound)"]
        }
        if keyword == "pattern", case .string(let pattern) = rule {
            guard case .string(let text) = value else { return [] }
            // SAFETY: an unreadable pattern is reported as a fault of the schema.
            guard let expression = try? Regex(pattern) else { return ["\(pointer): pattern unreadable"] }
            return text.contains(expression) ? [] : ["\(pointer): not of the pattern"]
        }
        let known: Set = [
            "required", "properties", "additionalProperties", "items", "uniqueItems", "minimum", "maximum",
            "exclusiveMinimum", "minItems", "maxItems", "minProperties", "minLength", "maxLength",
        ]
        return known.contains(keyword) ? [] : ["\(pointer): the schema's keyword \(keyword) is not checked"]
    }

    /// Follows a reference within the schema: `#/$defs/name`.
    private func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        return reference.dropFirst().split(separator: "/").reduce(root) { found, name in
            found?[String(name)]
        }
    }
}

extension JSONValue {
    /// The value in one form for all that JSON Schema takes for equal: any order of members, `1` and `1.0`.
    fileprivate var meaning: [UInt8] {
        func normal(_ value: JSONValue) -> JSONValue {
            switch value {
            case .number(let number): return .string("number \(number.double.map { "\($0)" } ?? number.text)")
            case .array(let items): return .array(items.map(normal))
            case .object(let object): return .object(object.mapValues { normal($1) })
            case .null, .bool, .string: return value
            }
        }
        return normal(self).canonical()
    }

    fileprivate func isOf(type name: String) -> Bool {
        switch (self, name) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"), (.array, "array"),
            (.object, "object"):
            true
        case (.number(let number), "integer"): number.double.map { $0 == $0.rounded() } ?? false
        default: false
        }
    }
}
