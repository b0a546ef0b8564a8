public import JSON

extension R4 {
    /// A number or name by which somebody's system knows something.
    public struct Identifier: Hashable, Sendable {
        /// usual, official, temp, secondary or old.
        public var use: String?
        public var type: CodeableConcept?
        public var system: String?
        public var value: String?

        /// An identifier.
        public init(system: String?, value: String?, use: String? = nil, type: CodeableConcept? = nil) {
            (self.use, self.type, self.system, self.value) = (use, type, system, value)
        }

        /// Whether its type is this code of HL7 table 0203: `PLAC` placer, `FILL` filler, `MR` medical record.
        public func isOfType(_ code: String) -> Bool {
            type?.has(code, in: "http://terminology.hl7.org/CodeSystem/v2-0203") ?? false
        }

        /// As FHIR JSON.
        public var json: JSONValue {
            var object = JSONObject()
            object.set("use", ifPresent: use.map(JSONValue.string))
            object.set("type", ifPresent: type?.json)
            object.set("system", ifPresent: system.map(JSONValue.string))
            object.set("value", ifPresent: value.map(JSONValue.string))
            return .object(object)
        }
    }

    /// From when until when; either end may be open.
    public struct Period: Hashable, Sendable {
        public var start: DateTime?
        public var end: DateTime?
    }
}

extension R4.Identifier: ElementReadable {
    init?(_ reader: ElementReader) {
        self.init(
            system: reader.string("system"), value: reader.string("value"),
            use: reader.code("use", in: .identifierUse), type: reader.one("type")
        )
    }
}

extension R4.Period: ElementReadable {
    init?(_ reader: ElementReader) {
        start = reader.dateTime("start")
        end = reader.dateTime("end")
        // per-1: the start is not after the end.
        if let start, let end, start.start >= end.end {
            reader.notes.note(.invariant, "A period must not end before it starts (per-1).", at: reader.expression)
        }
    }
}
