public import JSON

extension R4 {
    /// A code of a code system.
    public struct Coding: Hashable, Sendable {
        public var system: String?
        public var version: String?
        public var code: String?
        public var display: String?

        /// A coding.
        public init(system: String?, code: String?, display: String? = nil, version: String? = nil) {
            (self.system, self.version, self.code, self.display) = (system, version, code, display)
        }

        /// As FHIR JSON.
        public var json: JSONValue {
            var object = JSONObject()
            object.set("system", ifPresent: system.map(JSONValue.string))
            object.set("version", ifPresent: version.map(JSONValue.string))
            object.set("code", ifPresent: code.map(JSONValue.string))
            object.set("display", ifPresent: display.map(JSONValue.string))
            return .object(object)
        }
    }

    /// A concept by codes, by text, or both.
    public struct CodeableConcept: Hashable, Sendable {
        public var codings: [Coding]
        public var text: String?

        /// A concept.
        public init(codings: [Coding] = [], text: String? = nil) {
            (self.codings, self.text) = (codings, text)
        }

        /// Whether one of the codings has this code in this system.
        public func has(_ code: String, in system: String) -> Bool {
            codings.contains { $0.code == code && $0.system == system }
        }

        /// As FHIR JSON.
        public var json: JSONValue {
            var object = JSONObject()
            if !codings.isEmpty { object["coding"] = .array(codings.map(\.json)) }
            object.set("text", ifPresent: text.map(JSONValue.string))
            return .object(object)
        }
    }
}

extension R4.Coding: ElementReadable {
    init?(_ reader: ElementReader) {
        self.init(
            system: reader.string("system"), code: reader.string("code"), display: reader.string("display"),
            version: reader.string("version")
        )
    }
}

extension R4.CodeableConcept: ElementReadable {
    init?(_ reader: ElementReader) {
        self.init(codings: reader.many("coding"), text: reader.string("text"))
    }
}
