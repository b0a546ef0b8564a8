internal import Hummingbird

/// Holds an OpenAPI document against the declared routes, so that neither can change without the other.
///
///     @Test("the OpenAPI document describes the routes")
///     func drift() throws {
///         let differences = try OpenAPIDrift.differences(document: document, routes: routes.declared)
///         #expect(differences == [])
///     }
public enum OpenAPIDrift {
    /// Sentences that say what differs, sorted; empty where nothing does.
    ///
    /// Compared are: the OpenAPI version (3.1), every path with its methods, `operationId` (also that none is used
    /// twice), path parameters, whether a token is asked for (`security`), `Idempotency-Key` where a route supports
    /// it, that an operation with a body names the media types that the route reads, and that an operation
    /// describes at least one success and the problems (`default`, or a 4xx). `/openapi.json` itself may be left out.
    ///
    /// - Throws: ``Problem`` 400 where the document is not JSON.
    public static func differences(document: [UInt8], routes: [Route]) throws(Problem) -> [String] {
        let document = OpenAPIDocument(try StrictJSON.parse(document))
        var found: [String] = []
        if !document.version.hasPrefix("3.1") { found.append("openapi is \(document.version), not 3.1") }
        let described = document.operations
        let declared = Dictionary(routes.map { (Key($0), $0) }, uniquingKeysWith: { first, _ in first })
        for key in described.keys where declared[key] == nil && key.template != Route.openAPI.template {
            found.append("\(key) is described and not declared")
        }
        for (key, route) in declared {
            if let operation = described[key] {
                found += differences(route, operation).map { "\(key): \($0)" }
            } else {
                found.append("\(key) is declared and not described")
            }
        }
        let ids = described.values.compactMap(\.operationID)
        for id in Set(ids) where ids.count(where: { $0 == id }) > 1 { found.append("operationId \(id) is used twice") }
        return found.sorted()
    }

    struct Key: Hashable, CustomStringConvertible {
        var method: String
        var template: String

        init(method: String, template: String) {
            self.method = method
            self.template = template
        }

        init(_ route: Route) {
            self.init(method: route.method.rawValue, template: route.template)
        }

        var description: String { "\(method) \(template)" }
    }

    private static func differences(_ route: Route, _ operation: OpenAPIDocument.Operation) -> [String] {
        var found: [String] = []
        if operation.operationID != route.operationID {
            found.append("operationId is \(operation.operationID ?? "missing"), not \(route.operationID)")
        }
        let described = Set(operation.parameters.filter { $0.place == "path" }.map(\.name))
        let declared = Set(route.parameterNames)
        for name in declared.subtracting(described) { found.append("path parameter \(name) is not described") }
        for name in described.subtracting(declared) { found.append("path parameter \(name) is not in the path") }
        if operation.needsToken != (route.access != .open) {
            found.append(route.access == .open ? "asks for a token, the route does not" : "does not ask for a token")
        }
        let key = operation.parameters.first { $0.place == "header" && $0.name.lowercased() == "idempotency-key" }
        switch route.idempotency {
        case .none: if key != nil { found.append("describes Idempotency-Key, the route ignores it") }
        case .supported: if key == nil { found.append("does not describe Idempotency-Key") }
        case .required: if key?.isRequired != true { found.append("does not describe Idempotency-Key as required") }
        }
        if let media = operation.requestMediaTypes, Set(media) != Set(route.consumes) {
            found.append("reads \(media.sorted()), the route \(route.consumes.sorted())")
        }
        if !operation.answers.contains(where: { $0.hasPrefix("2") || $0.hasPrefix("3") }) {
            found.append("describes no success")
        }
        if !operation.answers.contains(where: { $0 == "default" || $0.hasPrefix("4") }) {
            found.append("describes no problem")
        }
        return found
    }
}
