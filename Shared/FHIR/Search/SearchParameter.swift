extension R4 {
    /// A parameter that a resource type can be searched by (R4 §3.1.1).
    public struct SearchParameter: Hashable, Sendable {
        /// http://hl7.org/fhir/search-param-type, those that we have.
        public enum Kind: String, CaseIterable, Hashable, Sendable { case token, reference, date, string }

        public var name: String
        public var kind: Kind
        /// The element that it looks at, from the resource's root.
        public var path: [String]
        /// The table that its codes are of; nil where any.
        public var codes: CodeTables.Name?

        /// A parameter.
        public init(_ name: String, _ kind: Kind, at path: String..., codes: CodeTables.Name? = nil) {
            (self.name, self.kind, self.path, self.codes) = (name, kind, path, codes)
        }

        /// `_id` and `_lastUpdated`, which every type has.
        public static let common = [
            SearchParameter("_id", .token, at: "id"), SearchParameter("_lastUpdated", .date, at: "meta", "lastUpdated"),
        ]

        /// What a referral's Task is found by.
        public static let task =
            common + [
                SearchParameter("status", .token, at: "status", codes: .taskStatus),
                SearchParameter("business-status", .token, at: "businessStatus"),
                SearchParameter("owner", .reference, at: "owner"),
                SearchParameter("requester", .reference, at: "requester"),
                SearchParameter("patient", .reference, at: "for"),
                SearchParameter("focus", .reference, at: "focus"),
                SearchParameter("code", .token, at: "code"),
                SearchParameter("identifier", .token, at: "identifier"),
            ]
    }

    /// A condition of a search: every filter must hold; of its values one.
    public struct SearchFilter: Hashable, Sendable {
        public var parameter: String
        public var condition: Condition

        /// What is asked.
        public enum Condition: Hashable, Sendable {
            case tokens([Token])
            case references([Reference.Target])
            /// One of these dates.
            case dates([DateCondition])
            case strings([String])
            /// `:missing=true` and `:missing=false`.
            case missing(Bool)
        }

        /// `code`, `system|code`, `|code` (no system) or `system|` (any code).
        public struct Token: Hashable, Sendable {
            /// Nil: any; empty: none.
            public var system: String?
            public var code: String?

            /// A token.
            public init(system: String?, code: String?) {
                (self.system, self.code) = (system, code)
            }
        }
    }

    /// A date with its prefix.
    public struct DateCondition: Hashable, Sendable {
        /// R4 §3.1.1.4.5.
        public enum Prefix: String, CaseIterable, Hashable, Sendable {
            case equal = "eq"
            case notEqual = "ne"
            case greater = "gt"
            case less = "lt"
            case greaterOrEqual = "ge"
            case lessOrEqual = "le"
            case startsAfter = "sa"
            case endsBefore = "eb"
        }

        public var prefix: Prefix
        public var date: DateTime
    }
}
