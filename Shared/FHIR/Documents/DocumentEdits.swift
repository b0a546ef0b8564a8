public import JSON
public import Models

/// Edits give a new document and leave everything that they do not name as it was received.
extension FHIRDocument {
    /// The document with the value at a place set, or with the member removed.
    public func setting(_ path: JSONPath, to value: JSONValue?) -> FHIRDocument {
        var root = JSONValue.object(json)
        root[path] = value
        var changed = self
        changed.json = root.object ?? json
        return changed
    }

    /// The document under our own id, version and time of change.
    public func identified(id: String, version: Int, lastUpdated: Instant) -> FHIRDocument {
        var changed = setting(["id"], to: .string(id))
            .setting(["meta", "versionId"], to: .string(String(version)))
            .setting(["meta", "lastUpdated"], to: .string(lastUpdated.fhirText))
        // resourceType, id and meta are by custom the first three.
        var ordered: JSONObject = ["resourceType": .string(resourceType)]
        for name in ["id", "meta"] { ordered.set(name, ifPresent: changed.json[name]) }
        for member in changed.json.members { ordered[member.name] = member.value }
        changed.json = ordered
        return changed
    }

    /// The document with another status.
    public func settingStatus(_ status: String) -> FHIRDocument { setting(["status"], to: .string(status)) }

    /// The document with this identifier among its identifiers; one of the same system is replaced.
    public func addingIdentifier(_ identifier: R4.Identifier) -> FHIRDocument {
        var identifiers = json["identifier"]?.array ?? []
        let place = identifiers.firstIndex { candidate in
            identifier.system != nil && candidate[["system"]]?.string == identifier.system
        }
        if let place {
            identifiers[place] = identifier.json
        } else {
            identifiers.append(identifier.json)
        }
        return setting(["identifier"], to: .array(identifiers))
    }

    /// The document with each `reference` replaced for which there is a replacement, however deep: a transaction's
    /// `urn:uuid:…` become the ids that were given.
    public func replacingReferences(_ replacement: (String) -> String?) -> FHIRDocument {
        var changed = self
        changed.json = Self.replacing(in: json, replacement)
        return changed
    }

    private static func replacing(in object: JSONObject, _ replacement: (String) -> String?) -> JSONObject {
        object.mapValues { name, value in
            if name == "reference", let text = value.string {
                return .string(replacement(text) ?? text)
            }
            return replacing(in: value, replacement)
        }
    }

    private static func replacing(in value: JSONValue, _ replacement: (String) -> String?) -> JSONValue {
        switch value {
        case .object(let object): .object(replacing(in: object, replacement))
        case .array(let elements): .array(elements.map { replacing(in: $0, replacement) })
        default: value
        }
    }

    /// The contained resources (R4 §2.3.0.2); those that are no resources are left out.
    public var contained: [FHIRDocument] {
        (json["contained"]?.array ?? []).compactMap { value in
            guard let object = value.object, let type = object["resourceType"]?.string, R4.isTypeName(type) else {
                return nil
            }
            return FHIRDocument(trusted: object, type: type)
        }
    }
}

extension Instant {
    /// As FHIR's `instant` wants it: to the millisecond, in UTC.
    public var fhirText: String {
        let seconds = unixSeconds
        let milliseconds = (microseconds - seconds * 1_000_000) / 1000
        guard milliseconds != 0 else { return Instant(unixSeconds: seconds).description }
        let digits = String(milliseconds)
        let fraction = String(repeating: "0", count: 3 - digits.count) + digits
        return "\(Instant(unixSeconds: seconds).description.dropLast()).\(fraction)Z"
    }
}
