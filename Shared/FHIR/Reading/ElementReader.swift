internal import JSON
internal import Models

/// Reads the elements of one JSON object, noting under its FHIRPath expression what R4 does not allow.
///
/// Diagnostics name elements and allowed codes, never what was received.
struct ElementReader {
    let object: JSONObject
    let expression: String
    let notes: IssueNotes

    func has(_ name: String) -> Bool { object[name] != nil }

    func path(_ name: String) -> String { "\(expression).\(name)" }

    /// Notes a missing element. A primitive that only has extensions (`_name`) counts as missing.
    func require(_ names: String...) {
        for name in names where object[name] == nil {
            notes.note(.required, "The element \(name) is required.", at: path(name))
        }
    }

    func string(_ name: String) -> String? {
        guard let value = object[name] else { return nil }
        guard let string = value.string else {
            notes.note(.structure, "The element \(name) must be a string.", at: path(name))
            return nil
        }
        guard !string.isEmpty else {
            notes.note(.value, "The element \(name) must not be empty; leave it out.", at: path(name))
            return nil
        }
        return string
    }

    func bool(_ name: String) -> Bool? {
        guard let value = object[name] else { return nil }
        guard let bool = value.bool else {
            notes.note(.structure, "The element \(name) must be true or false.", at: path(name))
            return nil
        }
        return bool
    }

    /// A code of a required binding.
    func code<Code: RawRepresentable & CaseIterable>(
        _ name: String, _: Code.Type = Code.self
    ) -> Code? where Code.RawValue == String {
        guard let text = string(name) else { return nil }
        guard let code = Code(rawValue: text) else {
            let allowed = Code.allCases.map(\.rawValue).joined(separator: ", ")
            notes.note(.codeInvalid, "The element \(name) must be one of: \(allowed).", at: path(name))
            return nil
        }
        return code
    }

    /// A code of a required binding that we only check against its published table.
    func code(_ name: String, in table: CodeTables.Name) -> String? {
        guard let text = string(name) else { return nil }
        let codes = CodeTables.published[table]
        guard codes.contains(text) else {
            let allowed = codes.sorted().joined(separator: ", ")
            notes.note(.codeInvalid, "The element \(name) must be one of: \(allowed).", at: path(name))
            return nil
        }
        return text
    }

    func dateTime(_ name: String) -> R4.DateTime? {
        guard let text = string(name) else { return nil }
        guard let read = R4.DateTime(text) else {
            notes.note(
                .value, "The element \(name) must be a FHIR date or dateTime; one with a time needs a zone.",
                at: path(name)
            )
            return nil
        }
        return read
    }

    func date(_ name: String) -> R4.DateTime? {
        guard let read = dateTime(name) else { return nil }
        guard read.precision != .second else {
            notes.note(.value, "The element \(name) must be a date without a time.", at: path(name))
            return nil
        }
        return read
    }

    func instant(_ name: String) -> Instant? {
        guard let read = dateTime(name) else { return nil }
        guard read.precision == .second else {
            notes.note(.value, "The element \(name) must be an instant with date, time and zone.", at: path(name))
            return nil
        }
        return read.start
    }

    func element(_ name: String) -> ElementReader? {
        guard let value = object[name] else { return nil }
        guard let child = value.object else {
            notes.note(.structure, "The element \(name) must be an object.", at: path(name))
            return nil
        }
        guard !child.isEmpty else {
            notes.note(.structure, "The element \(name) must not be empty; leave it out.", at: path(name))
            return nil
        }
        return ElementReader(object: child, expression: path(name), notes: notes)
    }

    func elements(_ name: String) -> [ElementReader] {
        values(name).compactMap { index, value in
            let place = "\(path(name))[\(index)]"
            guard let child = value.object else {
                notes.note(.structure, "The elements of \(name) must be objects.", at: place)
                return nil
            }
            return ElementReader(object: child, expression: place, notes: notes)
        }
    }

    /// The strings of a repeating primitive; null stands for one that only has extensions.
    func strings(_ name: String) -> [String] {
        values(name).compactMap { index, value in
            if value == .null { return nil }
            guard let string = value.string else {
                notes.note(.structure, "The elements of \(name) must be strings.", at: "\(path(name))[\(index)]")
                return nil
            }
            return string
        }
    }

    private func values(_ name: String) -> [(Int, JSONValue)] {
        guard let value = object[name] else { return [] }
        guard let array = value.array else {
            notes.note(.structure, "The element \(name) must be an array.", at: path(name))
            return []
        }
        return array.enumerated().map { ($0.offset, $0.element) }
    }
}

/// A data type or a part of a resource that can be read out of an object.
protocol ElementReadable {
    /// Nil when so much is missing that there is no such value; the reason has been noted.
    init?(_ reader: ElementReader)
}

extension ElementReader {
    func one<Part: ElementReadable>(_ name: String, _: Part.Type = Part.self) -> Part? {
        element(name).flatMap(Part.init)
    }

    func many<Part: ElementReadable>(_ name: String, _: Part.Type = Part.self) -> [Part] {
        elements(name).compactMap(Part.init)
    }
}
