internal import JSON

extension R4 {
    /// An answer that says what happened, issue by issue.
    public struct OperationOutcome: Hashable, Sendable {
        public var issues: [Issue]

        /// An outcome of these issues; with none it says that all is well.
        public init(_ issues: [Issue]) {
            self.issues =
                issues.isEmpty
                ? [Issue(.informational, "All is well.", severity: .information)] : issues
        }

        /// The resource.
        public var document: FHIRDocument {
            FHIRDocument(
                trusted: [
                    "resourceType": "OperationOutcome",
                    "issue": .array(issues.map(Self.json)),
                ],
                type: "OperationOutcome"
            )
        }

        private static func json(_ issue: Issue) -> JSONValue {
            var object: JSONObject = [
                "severity": .string(issue.severity.rawValue),
                "code": .string(issue.kind.rawValue),
                "diagnostics": .string(issue.diagnostics),
            ]
            if !issue.expressions.isEmpty { object["expression"] = .array(issue.expressions.map(JSONValue.string)) }
            return .object(object)
        }
    }
}
