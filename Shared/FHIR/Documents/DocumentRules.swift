internal import JSON

/// What no resource of any type may hold.
///
/// R4 §2.6.2 also forbids empty strings, objects and arrays, and null outside arrays. Published examples break that in
/// elements that nobody reads, so such emptiness is carried there, and refused by ``ElementReader`` where it matters.
struct DocumentRules {
    let notes: IssueNotes

    func check(_ value: JSONValue, at expression: String) {
        switch value {
        case .object(let object):
            for member in object.members { check(member.value, at: "\(expression).\(safeName(member.name))") }
        case .array(let elements):
            for (index, element) in elements.enumerated() { check(element, at: "\(expression)[\(index)]") }
        case .string(let string):
            let isControl = { (byte: UInt8) in byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D }
            if string.utf8.contains(where: isControl) {
                notes.note(.value, "A string must not contain control characters.", at: expression)
            }
        case .null, .bool, .number: break
        }
    }

    /// A member's name comes from outside like any value: only one that could be an element's is repeated.
    private func safeName(_ name: String) -> String {
        let isName = name.utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
        }
        return isName && (1...64).contains(name.utf8.count) ? name : "…"
    }
}
