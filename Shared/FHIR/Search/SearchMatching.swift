internal import JSON

extension R4.SearchFilter {
    /// Whether a resource meets the filter, by what stands in it.
    ///
    /// - Parameters:
    ///   - known: the parameters of the type, which say where to look.
    ///   - baseURL: the server's own URL, so that its absolute and relative references are the same.
    public func matches(_ document: FHIRDocument, known: [R4.SearchParameter], baseURL: String) -> Bool {
        guard let path = known.first(where: { $0.name == parameter })?.path else { return false }
        let values = Self.values(at: path[...], in: .object(document.json))
        switch condition {
        case .missing(let wanted): return values.isEmpty == wanted
        case .tokens(let tokens):
            let codes = values.flatMap(Self.codes)
            return tokens.contains { token in codes.contains { token.matches(system: $0.system, code: $0.code) } }
        case .references(let targets):
            return values.contains { value in targets.contains { Self.refers(value, to: $0, baseURL: baseURL) } }
        case .dates(let dates):
            let moments = values.compactMap { $0.string.flatMap(R4.DateTime.init) }
            return moments.contains { moment in dates.contains { $0.holds(for: moment.start) } }
        case .strings(let strings):
            let texts = values.compactMap(\.string).map { $0.lowercased() }
            return strings.contains { string in texts.contains { $0.hasPrefix(string.lowercased()) } }
        }
    }

    static func values(at path: ArraySlice<String>, in value: JSONValue) -> [JSONValue] {
        if let array = value.array { return array.flatMap { values(at: path, in: $0) } }
        guard let name = path.first else { return [value] }
        return value.object?[name].map { values(at: path.dropFirst(), in: $0) } ?? []
    }

    /// The codes of a code, a Coding, a CodeableConcept or an Identifier.
    private static func codes(of value: JSONValue) -> [R4.Coding] {
        if let code = value.string { return [R4.Coding(system: nil, code: code)] }
        if let codings = value[["coding"]]?.array { return codings.flatMap(codes) }
        let code = value[["code"]]?.string ?? value[["value"]]?.string
        return code.map { [R4.Coding(system: value[["system"]]?.string, code: $0)] } ?? []
    }

    private static func refers(_ value: JSONValue, to target: R4.Reference.Target, baseURL: String) -> Bool {
        if case .logical(let wanted) = target {
            return value[["identifier", "value"]]?.string == wanted.value
                && (wanted.system == nil || value[["identifier", "system"]]?.string == wanted.system)
        }
        guard let text = value[["reference"]]?.string else { return false }
        switch (R4.Reference.Target(text), target) {
        case (.relative(let type, let id, _), .relative(let wantedType, let wantedID, _)):
            // A bare id is of any type (R4 §3.1.1.4.12).
            return id == wantedID && (wantedType.isEmpty || type == wantedType)
        case (.relative(let type, let id, _), .absolute(let url, _, _)): return url == "\(baseURL)/\(type)/\(id)"
        case (let own, let wanted): return own == wanted
        }
    }
}

extension FHIRDocument {
    /// The resources of this server that the references at a place point to, by type and id.
    public func references(at path: [String], baseURL: String) -> [(type: String, id: String)] {
        R4.SearchFilter.values(at: path[...], in: .object(json)).compactMap { value in
            guard let text = value[["reference"]]?.string else { return nil }
            switch R4.Reference.Target(text) {
            case .relative(let type, let id, _): return (type, id)
            case .absolute(let url, .some(let type), .some(let id)) where url.hasPrefix("\(baseURL)/"):
                return (type, id)
            default: return nil
            }
        }
    }
}
