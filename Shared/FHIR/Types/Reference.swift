public import JSON

extension R4 {
    /// A reference from one resource to another.
    public struct Reference: Hashable, Sendable {
        /// As received: relative, absolute, `urn:uuid:…` or `#contained`.
        public var reference: String?
        public var type: String?
        public var identifier: Identifier?
        public var display: String?

        /// A reference.
        public init(
            _ reference: String?, type: String? = nil, identifier: Identifier? = nil, display: String? = nil
        ) {
            (self.reference, self.type, self.identifier, self.display) = (reference, type, identifier, display)
        }

        /// What it points to; nil when there is only a display text.
        public var target: Target? { reference.map(Target.init) ?? identifier.map(Target.logical) }

        /// As FHIR JSON.
        public var json: JSONValue {
            var object = JSONObject()
            object.set("reference", ifPresent: reference.map(JSONValue.string))
            object.set("type", ifPresent: type.map(JSONValue.string))
            object.set("identifier", ifPresent: identifier?.json)
            object.set("display", ifPresent: display.map(JSONValue.string))
            return .object(object)
        }
    }
}

extension R4.Reference {
    /// The kinds of references (R4 §2.3.0.1).
    public enum Target: Hashable, Sendable {
        /// `Patient/123`, with a version or without.
        case relative(type: String, id: String, version: String?)
        /// `Patient?identifier=…`: only in a transaction.
        case conditional(type: String, query: String)
        /// A URL, with the type and id that it ends in where it does.
        case absolute(String, type: String?, id: String?)
        /// `urn:uuid:…` or `urn:oid:…`, lower case.
        case urn(String)
        /// `#id`; empty for the container itself.
        case contained(String)
        /// Only by an identifier.
        case logical(R4.Identifier)
        /// None of these.
        case unreadable

        /// Reads the text of `Reference.reference`.
        public init(_ text: String) {
            if text.hasPrefix("#") {
                self = .contained(String(text.dropFirst()))
            } else if text.lowercased().hasPrefix("urn:") {
                self = .urn(text.lowercased())
            } else if let mark = text.firstIndex(of: "?"), Self.isTypeName(text[..<mark]) {
                self = .conditional(type: String(text[..<mark]), query: String(text[text.index(after: mark)...]))
            } else if text.contains("://") {
                let (type, id, _) = Self.ending(of: text) ?? (nil, nil, nil)
                self = .absolute(text, type: type, id: id)
            } else if let (type, id, version) = Self.ending(of: text), text.hasPrefix(type) {
                self = .relative(type: type, id: id, version: version)
            } else {
                self = .unreadable
            }
        }

        /// `…/Type/id` or `…/Type/id/_history/version`.
        private static func ending(of text: String) -> (type: String, id: String, version: String?)? {
            var parts = text.split(separator: "/", omittingEmptySubsequences: false)
            var version: String?
            if parts.count >= 4, parts[parts.count - 2] == "_history" {
                version = String(parts[parts.count - 1])
                parts.removeLast(2)
            }
            guard parts.count >= 2, isTypeName(parts[parts.count - 2]), R4.isID(parts[parts.count - 1]) else {
                return nil
            }
            return (String(parts[parts.count - 2]), String(parts[parts.count - 1]), version)
        }

        private static func isTypeName(_ text: some StringProtocol) -> Bool {
            guard let first = text.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
                return false
            }
            return text.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
            }
        }
    }
}

extension R4 {
    /// Whether the text is a FHIR id: 1 to 64 letters, digits, `-` and `.`.
    public static func isID(_ text: some StringProtocol) -> Bool {
        guard (1...64).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}

extension R4.Reference: ElementReadable {
    init?(_ reader: ElementReader) {
        self.init(
            reader.string("reference"), type: reader.string("type"), identifier: reader.one("identifier"),
            display: reader.string("display")
        )
        if target == .unreadable {
            reader.notes.note(
                .value, "A reference must be Type/id, a URL, urn:uuid:… or #id of a contained resource.",
                at: reader.path("reference")
            )
        }
    }
}
