extension R4 {
    /// A search as asked, read and checked.
    public struct SearchQuery: Hashable, Sendable {
        public var filters: [SearchFilter]
        /// `_count`, within the bound; nil when not asked.
        public var count: Int?
        /// `_include` values that we serve, such as `Task:focus`.
        public var includes: Set<String>
        /// `_revinclude` values that we serve, such as `Task:focus`.
        public var reverseIncludes: Set<String>
        /// `_summary=count`.
        public var onlyCounts: Bool
        /// Parameters that were not understood and were left out (lenient handling).
        public var ignored: [String]
        /// The parameters that were used, for the `self` link, undecoded as given.
        public var used: [Item]

        /// A parameter's name and value, percent-decoded.
        public struct Item: Hashable, Sendable {
            public var name: String
            public var value: String

            /// One pair.
            public init(_ name: String, _ value: String) {
                (self.name, self.value) = (name, value)
            }
        }

        /// What to do with parameters that are not known: `Prefer: handling=strict|lenient` (R4 §3.1.0.1.1).
        public enum Handling: String, Hashable, Sendable {
            case strict, lenient

            /// Reads a Prefer header.
            ///
            /// - Parameter otherwise: where it says nothing, as R4 lets a server choose.
            public init(preferHeader: String?, otherwise: Handling = .lenient) {
                let wishes = (preferHeader ?? "").split(whereSeparator: { $0 == "," || $0 == ";" })
                    .map { $0.filter { $0 != " " }.lowercased() }
                self = [.strict, .lenient].first { wishes.contains("handling=\($0.rawValue)") } ?? otherwise
            }
        }
    }
}

extension R4.SearchQuery {
    /// Reads a query.
    ///
    /// - Parameters:
    ///   - known: the parameters of the type.
    ///   - includes: the `_include` values that are served.
    ///   - reverseIncludes: the `_revinclude` values that are served.
    ///   - chains: the references that may be followed.
    ///   - control: further names that the server handles itself, such as its page cursor.
    ///   - most: the largest `_count`; a larger one is lowered, as R4 allows.
    /// - Throws: values that cannot be read, always; unknown parameters under strict handling.
    public init(
        _ items: [Item], known: [R4.SearchParameter], includes: Set<String> = [], reverseIncludes: Set<String> = [],
        chains: [R4.SearchChain] = [], control: Set<String> = [], handling: Handling, most: Int = 200
    ) throws(R4.Refusal) {
        var query = R4.SearchQuery(
            filters: [], count: nil, includes: [], reverseIncludes: [], onlyCounts: false, ignored: [], used: [])
        let notes = IssueNotes()
        for item in items where !item.value.isEmpty && !control.contains(item.name) {
            let chain = chains.first { $0.rest(of: item.name) != nil }
            let parts = (chain?.rest(of: item.name) ?? item.name).split(separator: ":", maxSplits: 1).map(String.init)
            switch parts.first ?? "" {
            case "_count":
                guard let count = Int(item.value), count >= 0 else {
                    notes.note(.value, "_count must be a whole number.", at: "_count")
                    continue
                }
                query.count = min(count, most)
            case "_summary" where item.value == "count": query.onlyCounts = true
            case "_include" where includes.contains(Self.untyped(item.value)):
                query.includes.insert(Self.untyped(item.value))
            case "_revinclude" where reverseIncludes.contains(Self.untyped(item.value)):
                query.reverseIncludes.insert(Self.untyped(item.value))
            case "_format" where Self.formats.contains(item.value.replacing(" ", with: "+")): break
            case let name:
                guard let parameter = (chain?.parameters ?? known).first(where: { $0.name == name }),
                    let condition = Self.condition(parameter, modifier: parts.dropFirst().first, item, notes)
                else {
                    query.ignored.append(item.name)
                    continue
                }
                query.filters.append(.init(parameter: name, condition: condition, through: chain?.parameter))
            }
            query.used.append(item)
        }
        if handling == .strict, !query.ignored.isEmpty, !notes.hasErrors {
            notes.note(
                .notSupported,
                "A search parameter, modifier or _include is not supported. Supported are: "
                    + (known.map(\.name) + ["_count", "_include"]).joined(separator: ", ") + ".",
                at: "search"
            )
        }
        guard !notes.hasErrors else { throw R4.Refusal(notes.issues) }
        self = query
    }

    private static let formats = ["json", "xml"].flatMap {
        [$0, "application/\($0)", "application/fhir+\($0)", "text/\($0)"]
    }

    /// `Task:focus` of `Task:focus:ServiceRequest`: what we refer to is of one type.
    private static func untyped(_ include: String) -> String {
        include.split(separator: ":", omittingEmptySubsequences: false).prefix(2).joined(separator: ":")
    }

    /// Nil when parameter and modifier do not go together; a bad value is noted and gives an empty condition.
    private static func condition(
        _ parameter: R4.SearchParameter, modifier: String?, _ item: Item, _ notes: IssueNotes
    ) -> R4.SearchFilter.Condition? {
        let values = unescapedValues(item.value)
        switch (modifier, parameter.kind) {
        case ("missing", _):
            guard item.value == "true" || item.value == "false" else {
                notes.note(.value, ":missing takes true or false.", at: parameter.name)
                return .missing(true)
            }
            return .missing(item.value == "true")
        case (nil, .token):
            let tokens = values.map(token)
            if let table = parameter.codes, tokens.contains(where: { !isKnown($0, in: table) }) {
                let allowed = CodeTables.published[table].sorted().joined(separator: ", ")
                notes.note(.codeInvalid, "\(parameter.name) takes: \(allowed).", at: parameter.name)
            }
            return .tokens(tokens)
        case (nil, .reference): return .references(values.map(reference))
        case ("identifier", .reference):
            return .references(values.map { .logical(identifier(token($0))) })
        case (nil, .date):
            let dates = values.compactMap(R4.DateCondition.init)
            if dates.count != values.count {
                notes.note(
                    .value, "\(parameter.name) takes a date with eq, ne, gt, lt, ge, le, sa or eb before it.",
                    at: parameter.name)
            }
            return .dates(dates)
        case (nil, .string): return .strings(values)
        default: return nil
        }
    }

    private static func isKnown(_ token: R4.SearchFilter.Token, in table: CodeTables.Name) -> Bool {
        guard let code = token.code else { return true }
        return CodeTables.published[table].contains(code)
    }

    /// A bare id is of any type.
    private static func reference(_ text: String) -> R4.Reference.Target {
        R4.isID(text) ? .relative(type: "", id: text, version: nil) : R4.Reference.Target(text)
    }

    private static func identifier(_ token: R4.SearchFilter.Token) -> R4.Identifier {
        R4.Identifier(system: token.system, value: token.code)
    }

    private static func token(_ text: String) -> R4.SearchFilter.Token {
        guard let bar = text.firstIndex(of: "|") else { return .init(system: nil, code: text) }
        let (system, code) = (String(text[..<bar]), String(text[text.index(after: bar)...]))
        return .init(system: system, code: code.isEmpty ? nil : code)
    }

    /// Splits at commas; `\,`, `\|`, `\$` and `\\` stand for themselves (R4 §3.1.1.4.0.1).
    private static func unescapedValues(_ text: String) -> [String] {
        var values = [""]
        var isEscaped = false
        for character in text {
            switch (isEscaped, character) {
            case (false, "\\"): isEscaped = true
            case (false, ","): values.append("")
            default:
                values[values.count - 1].append(character)
                isEscaped = false
            }
        }
        return values.filter { !$0.isEmpty }
    }
}

extension R4.SearchFilter.Token {
    /// Whether a code of a system meets the token.
    public func matches(system: String?, code: String?) -> Bool {
        if let wanted = self.system, wanted != (system ?? "") { return false }
        return self.code == nil || self.code == code
    }
}
