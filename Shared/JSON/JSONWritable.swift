/// A value that ``JSONWriter`` writes.
///
/// A type whose JSON is the text of its description (an id, an instant, a date) only says so:
/// `extension PeerID: JSONWritable {}`. Numbers and truth values are never written as text.
public protocol JSONWritable {
    /// Writes exactly one value.
    func write(to json: inout JSONWriter)
}

extension JSONWritable where Self: LosslessStringConvertible {
    public func write(to json: inout JSONWriter) { json.text(description) }
}

extension JSONWritable where Self: FixedWidthInteger {
    public func write(to json: inout JSONWriter) { json.raw { $0.append(contentsOf: description.utf8) } }
}

extension String: JSONWritable {}
extension Int: JSONWritable {}
extension Int16: JSONWritable {}
extension Int32: JSONWritable {}
extension Int64: JSONWritable {}

extension Double: JSONWritable {
    /// A number that JSON cannot say becomes null.
    public func write(to json: inout JSONWriter) {
        json.raw { $0.append(contentsOf: (isFinite ? description : "null").utf8) }
    }
}

extension Bool: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.raw { $0.append(contentsOf: (self ? "true" : "false").utf8) }
    }
}

extension JSONValue: JSONWritable {
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let bool): bool.write(to: &json)
        case .number(let number): json.raw { $0.append(contentsOf: number.text.utf8) }
        case .string(let string): json.text(string)
        case .array(let elements):
            json.array { json in
                for element in elements { element.write(to: &json) }
            }
        case .object(let object):
            json.object { json in
                for member in json.sortsNames ? object.sortedMembers : object.members {
                    json.field(named: member.name, member.value)
                }
            }
        }
    }

    /// Compact UTF-8 with members in their order and numbers as they were written.
    public func serialized() -> [UInt8] { written(sortsNames: false) }

    /// The same for every order of members and every spacing: what a digest of the meaning is taken of.
    ///
    /// Numbers stay as written, because FHIR's `1.50` and `1.5` differ.
    public func canonical() -> [UInt8] { written(sortsNames: true) }

    private func written(sortsNames: Bool) -> [UInt8] {
        var json = JSONWriter(sortsNames: sortsNames)
        write(to: &json)
        return json.bytes
    }
}

extension JSONObject {
    fileprivate var sortedMembers: [Member] {
        members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
