import JSON
import Models

/// Bodies that an operation's description lets through but for one text, which is hostile.
struct HostileBodies: Sendable {
    /// A service's OpenAPI document.
    let document: JSONValue
    let id: String

    /// For each text anywhere in a schema a body with `hostile` there.
    func all(of schema: JSONValue, _ hostile: String) -> [JSONValue] {
        let whole = value(schema, depth: 0)
        return places(schema, [], depth: 0).map { replacing($0[...], in: whole, with: .string(hostile)) }
    }

    private func resolved(_ schema: JSONValue) -> JSONValue {
        if let reference = schema["$ref"]?.string {
            let steps = reference.split(separator: "/").dropFirst().map(String.init)
            return steps.reduce(document) { $0[$1] ?? .null }
        }
        return schema["oneOf"]?.items.first.map(resolved) ?? schema["allOf"]?.items.first.map(resolved) ?? schema
    }

    private func type(_ schema: JSONValue) -> String? { schema["type"]?.string ?? schema["type"]?.items.first?.string }

    private func value(_ schema: JSONValue, depth: Int) -> JSONValue {
        let schema = resolved(schema)
        if let first = schema["enum"]?.items.first ?? schema["const"] { return first }
        guard depth < 6 else { return .null }
        switch type(schema) {
        case "object":
            let members = schema["properties"]?.object?.members ?? []
            return .object(JSONObject(members.map { ($0.name, value($0.value, depth: depth + 1)) }))
        case "array": return .array([value(schema["items"] ?? .null, depth: depth + 1)])
        case "integer", "number": return .number(JSONNumber(1))
        case "boolean": return .bool(true)
        default:
            switch schema["format"]?.string {
            case "uuid": return .string(id)
            case "date": return "2026-01-15"
            case "date-time": return "2026-01-15T12:00:00Z"
            default: return "text"
            }
        }
    }

    /// Where texts stand.
    private func places(_ schema: JSONValue, _ path: [String], depth: Int) -> [[String]] {
        let schema = resolved(schema)
        guard depth < 6 else { return [] }
        switch type(schema) {
        case "object":
            return (schema["properties"]?.object?.members ?? []).flatMap {
                places($0.value, path + [$0.name], depth: depth + 1)
            }
        case "array": return places(schema["items"] ?? .null, path + ["0"], depth: depth + 1)
        case "integer", "number", "boolean": return []
        default: return [path]
        }
    }

    private func replacing(_ path: ArraySlice<String>, in value: JSONValue, with new: JSONValue) -> JSONValue {
        guard let name = path.first else { return new }
        if let items = value.array {
            return .array(items.map { replacing(path.dropFirst(), in: $0, with: new) })
        }
        guard var object = value.object, let member = object[name] else { return value }
        object[name] = replacing(path.dropFirst(), in: member, with: new)
        return .object(object)
    }
}
