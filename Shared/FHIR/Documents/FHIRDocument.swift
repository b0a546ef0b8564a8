public import JSON

/// A FHIR resource in JSON, whole as it was received.
///
/// The invariant: it is an object with a `resourceType`, and its strings hold no control characters. What we do not know
/// in it is carried along.
public struct FHIRDocument: Hashable, Sendable {
    /// The resource. Edits keep the order of what is there.
    public internal(set) var json: JSONObject

    /// The resource's type, such as `Patient`.
    public let resourceType: String

    /// Reads one resource.
    ///
    /// - Throws: what is wrong, with line and column for bad JSON and FHIRPath expressions for the rest.
    public static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .resource
    ) throws(R4.Refusal) -> FHIRDocument {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes, limits: limits)
        } catch {
            throw R4.Refusal(error)
        }
        guard let object = value.object else {
            throw R4.Refusal(.structure, "A resource is a JSON object.")
        }
        return try FHIRDocument(object)
    }

    /// Takes an object that was built or read elsewhere.
    public init(_ object: JSONObject, at expression: String? = nil) throws(R4.Refusal) {
        guard let type = object["resourceType"]?.string, R4.isTypeName(type) else {
            throw R4.Refusal(.structure, "A resource needs its resourceType.", at: [expression ?? "resourceType"])
        }
        let notes = IssueNotes()
        DocumentRules(notes: notes).check(.object(object), at: expression ?? type)
        guard !notes.hasErrors else { throw R4.Refusal(notes.issues) }
        self.init(trusted: object, type: type)
    }

    /// Takes an object that follows the rules because it is a part of one that does, or because we built it.
    init(trusted object: JSONObject, type: String) {
        (json, resourceType) = (object, type)
    }

    /// The logical id, where there is one.
    public var id: String? { json["id"]?.string }

    /// The version of the resource on its server, where it says so.
    public var versionID: String? { self[["meta", "versionId"]]?.string }

    /// The value at a place, nil where there is none.
    public subscript(path: JSONPath) -> JSONValue? { JSONValue.object(json)[path] }

    /// Compact UTF-8, meaning the same as what was received.
    public func serialized() -> [UInt8] { JSONValue.object(json).serialized() }

    /// The same for every order of members: what an HMAC that recognises a repeated request is taken of.
    public func canonical() -> [UInt8] { JSONValue.object(json).canonical() }
}

extension R4 {
    static func isTypeName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (1...64).contains(text.utf8.count) else { return false }
        return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            }
    }
}
