public import JSON

/// HL7 FHIR R4 (4.0.1): the resources and data types that we speak.
///
/// The types are views: the document they were read from is kept whole beside them, so that what we do not know survives.
public enum R4 {}

extension R4 {
    /// One line of an OperationOutcome: what is wrong, where, and what to do. Never repeats a received value, because
    /// any element may hold a name or a diagnosis.
    public struct Issue: Hashable, Sendable {
        /// http://hl7.org/fhir/issue-severity
        public enum Severity: String, CaseIterable, Hashable, Sendable {
            case fatal, error, warning, information
        }

        /// http://hl7.org/fhir/issue-type, those that we use.
        public enum Kind: String, CaseIterable, Hashable, Sendable {
            case invalid, structure, required, value, invariant, security, login, unknown, expired, forbidden
            case suppressed, processing, duplicate, deleted, extension_ = "extension", conflict, transient, timeout
            case throttled, exception, informational
            case notSupported = "not-supported"
            case multipleMatches = "multiple-matches"
            case notFound = "not-found"
            case tooLong = "too-long"
            case codeInvalid = "code-invalid"
            case tooCostly = "too-costly"
            case businessRule = "business-rule"
            case lockError = "lock-error"
            case noStore = "no-store"
            case incomplete
        }

        public var severity: Severity
        public var kind: Kind
        /// For the person who mends the request.
        public var diagnostics: String
        /// FHIRPath expressions of the elements concerned.
        public var expressions: [String]

        /// An issue; an error unless said otherwise.
        public init(
            _ kind: Kind, _ diagnostics: String, at expressions: [String] = [], severity: Severity = .error
        ) {
            self.severity = severity
            self.kind = kind
            self.diagnostics = diagnostics
            self.expressions = expressions
        }
    }

    /// Why something received cannot be taken: at least one issue of severity error.
    public struct Refusal: Error, Hashable, Sendable {
        public var issues: [Issue]

        /// A refusal for these reasons.
        public init(_ issues: [Issue]) {
            self.issues = issues
        }

        /// A refusal for one reason.
        public init(_ kind: Issue.Kind, _ diagnostics: String, at expressions: [String] = []) {
            self.init([Issue(kind, diagnostics, at: expressions)])
        }

        /// A refusal because the text is no JSON.
        public init(_ error: JSONSyntaxError) {
            let isSize = [.tooDeep, .tooLarge, .tooManyValues].contains(error.code)
            self.init(isSize ? .tooLong : .structure, "\(error)")
        }
    }
}

/// Collects the issues of one reading. Beyond a bound it only counts: a hostile body gets no endless answer.
final class IssueNotes {
    private(set) var issues: [R4.Issue] = []
    private(set) var hasErrors = false
    private static let most = 30

    func note(_ issue: R4.Issue) {
        if issue.severity == .error || issue.severity == .fatal { hasErrors = true }
        if issues.count < Self.most {
            issues.append(issue)
        } else if issues.count == Self.most {
            issues.append(.init(.tooLong, "There are more issues than are listed."))
        }
    }

    func note(_ kind: R4.Issue.Kind, _ diagnostics: String, at expression: String) {
        note(.init(kind, diagnostics, at: [expression]))
    }
}
