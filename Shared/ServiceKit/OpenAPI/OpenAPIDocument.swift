internal import JSON

/// The parts of an OpenAPI document that are held against routes, with references resolved.
struct OpenAPIDocument {
    struct Parameter: Hashable {
        var name: String
        /// `path`, `query` or `header`.
        var place: String
        var isRequired: Bool
    }

    struct Operation {
        var operationID: String?
        var parameters: [Parameter]
        var needsToken: Bool
        /// Nil where no body is described.
        var requestMediaTypes: [String]?
        /// Status codes, ranges (`4XX`) or `default`.
        var answers: [String]
    }

    private static let methods = ["get", "put", "post", "delete", "patch", "head", "options"]

    private let root: JSONValue

    init(_ root: JSONValue) {
        self.root = root
    }

    var version: String { root["openapi"]?.string ?? "missing" }

    var operations: [OpenAPIDrift.Key: Operation] {
        var found: [OpenAPIDrift.Key: Operation] = [:]
        for path in root["paths"]?.object?.members ?? [] {
            let (template, item) = (path.name, path.value)
            let shared = parameters(of: item)
            for method in Self.methods {
                guard let operation = item[method] else { continue }
                found[OpenAPIDrift.Key(method: method.uppercased(), template: template)] = Operation(
                    operationID: operation["operationId"]?.string,
                    parameters: shared + parameters(of: operation),
                    needsToken: needsToken(operation),
                    requestMediaTypes: operation["requestBody"].map {
                        resolve($0)["content"]?.object?.names ?? []
                    },
                    answers: operation["responses"]?.object?.names ?? []
                )
            }
        }
        return found
    }

    private func parameters(of value: JSONValue) -> [Parameter] {
        (value["parameters"]?.items ?? []).compactMap { item in
            let parameter = resolve(item)
            guard let name = parameter["name"]?.string, let place = parameter["in"]?.string else { return nil }
            return Parameter(name: name, place: place, isRequired: parameter["required"] == .bool(true))
        }
    }

    /// An operation's own `security` replaces the document's; an empty list, or an empty alternative, asks for nothing.
    private func needsToken(_ operation: JSONValue) -> Bool {
        let alternatives = (operation["security"] ?? root["security"])?.items ?? []
        return !alternatives.isEmpty && !alternatives.contains(.object([:]))
    }

    /// Follows `$ref` within the document, at most eight times.
    private func resolve(_ value: JSONValue) -> JSONValue {
        var value = value
        for _ in 0..<8 {
            guard let reference = value["$ref"]?.string, reference.hasPrefix("#/") else { return value }
            var target: JSONValue? = root
            for name in reference.dropFirst(2).split(separator: "/") {
                let name = name.replacing("~1", with: "/").replacing("~0", with: "~")
                target = target?[String(name)]
            }
            guard let target else { return value }
            value = target
        }
        return value
    }
}
