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
                SearchParameter("intent", .token, at: "intent", codes: .taskIntent),
                SearchParameter("identifier", .token, at: "identifier"),
            ]

        /// What a service of the agency is found by; never by a person.
        public static let healthcareService =
            common + [
                SearchParameter("name", .string, at: "name"),
                SearchParameter("program", .token, at: "program"),
                SearchParameter("service-category", .token, at: "category"),
                SearchParameter("service-type", .token, at: "type"),
                SearchParameter("organization", .reference, at: "providedBy"),
            ]

        /// What an order is found by.
        public static let serviceRequest =
            common + [
                SearchParameter("status", .token, at: "status", codes: .requestStatus),
                SearchParameter("intent", .token, at: "intent", codes: .requestIntent),
                SearchParameter("category", .token, at: "category"),
                SearchParameter("code", .token, at: "code"),
                SearchParameter("patient", .reference, at: "subject"),
                SearchParameter("requester", .reference, at: "requester"),
                SearchParameter("performer", .reference, at: "performer"),
                SearchParameter("occurrence", .date, at: "occurrenceDateTime"),
                SearchParameter("supporting-info", .reference, at: "supportingInfo"),
                SearchParameter("identifier", .token, at: "identifier"),
            ]
    }

    /// Resources that come along with what was found: `_include`, and turned around `_revinclude`.
    public struct SearchInclude: Hashable, Sendable {
        /// `Task:focus`.
        public var name: String
        /// Where the reference stands in the resource that refers.
        public var path: [String]

        /// An include.
        public init(_ name: String, at path: String...) {
            (self.name, self.path) = (name, path)
        }

        /// What a Task brings along.
        public static let task = [
            SearchInclude("Task:focus", at: "focus"), SearchInclude("Task:patient", at: "for"),
            SearchInclude("Task:requester", at: "requester"), SearchInclude("Task:owner", at: "owner"),
        ]

        /// What an order brings along.
        public static let serviceRequest = [
            SearchInclude("ServiceRequest:patient", at: "subject"),
            SearchInclude("ServiceRequest:subject", at: "subject"),
            SearchInclude("ServiceRequest:requester", at: "requester"),
            SearchInclude("ServiceRequest:performer", at: "performer"),
            SearchInclude("ServiceRequest:supporting-info", at: "supportingInfo"),
        ]
    }

    /// A reference that a search may follow: `focus:ServiceRequest.status`, or `focus.status`.
    public struct SearchChain: Hashable, Sendable {
        /// The parameter that holds the reference.
        public var parameter: String
        /// The type behind it.
        public var type: String
        /// What is asked of the resource behind it.
        public var parameters: [SearchParameter]

        /// A chain.
        public init(_ parameter: String, to type: String, _ parameters: [SearchParameter]) {
            (self.parameter, self.type, self.parameters) = (parameter, type, parameters)
        }

        /// A Task is found by its order.
        public static let task = [
            SearchChain("focus", to: "ServiceRequest", SearchParameter.serviceRequest)
        ]

        /// What follows the chain in a parameter's name; nil for another name.
        func rest(of name: String) -> String? {
            for start in ["\(parameter).", "\(parameter):\(type)."] where name.hasPrefix(start) {
                return String(name.dropFirst(start.count))
            }
            return nil
        }
    }

    /// A condition of a search: every filter must hold; of its values one.
    public struct SearchFilter: Hashable, Sendable {
        public var parameter: String
        public var condition: Condition
        /// Of a chained parameter the reference that is followed first: `focus` of `focus:ServiceRequest.status`.
        public var through: String?

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
