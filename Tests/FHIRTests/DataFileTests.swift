import FoundationEssentials
import JSON
import Testing

@Suite("Data files")
struct DataFileTests {
    @Test("each follows its schema", arguments: ["code-tables", "referral-services", "r4-elements"])
    func schema(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Shared/FHIR/Data")
        func read(_ file: String) throws -> JSONValue {
            try JSONValue.parse(Array(Data(contentsOf: folder.appending(path: file))))
        }
        let schema = try read("\(name).schema.json")
        #expect(faults(of: try read("\(name).json"), against: schema, at: name) == [])
        #expect(faults(of: ["surplus": 1], against: schema, at: name) != [])
    }

    /// As much of JSON Schema as these schemas use.
    private func faults(of value: JSONValue, against schema: JSONValue, at place: String) -> [String] {
        var faults: [String] = []
        switch schema[["type"]]?.string {
        case "object":
            guard let object = value.object else { return ["\(place) is no object"] }
            let properties = schema[["properties"]]?.object ?? JSONObject()
            for name in (schema[["required"]]?.array ?? []).compactMap(\.string) where object[name] == nil {
                faults.append("\(place) lacks \(name)")
            }
            for member in object.members {
                if let property = properties[member.name] {
                    faults += self.faults(of: member.value, against: property, at: "\(place).\(member.name)")
                } else if schema[["additionalProperties"]] == false {
                    faults.append("\(place) has \(member.name)")
                }
            }
        case "array":
            guard let array = value.array else { return ["\(place) is no array"] }
            if array.count < schema[["minItems"]]?.integer ?? 0 { faults.append("\(place) is too short") }
            for (index, element) in array.enumerated() {
                faults += self.faults(of: element, against: schema[["items"]] ?? [:], at: "\(place)[\(index)]")
            }
        case "string":
            guard let string = value.string else { return ["\(place) is no string"] }
            if string.count < schema[["minLength"]]?.integer ?? 0 { faults.append("\(place) is too short") }
            if let pattern = schema[["pattern"]]?.string, let regex = try? Regex(pattern),
                (try? regex.firstMatch(in: string)) == nil
            {
                faults.append("\(place) does not match \(pattern)")
            }
        default: break
        }
        return faults
    }
}
