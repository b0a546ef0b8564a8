/// What is wrong with a value from outside: where, as a JSON pointer into it, and what, in words safe to show.
public struct FieldFault: Hashable, Sendable {
    public var pointer: String
    public var detail: String

    public init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

extension FieldFault {
    /// A code of the agency: 1 to 64 lower-case letters, digits and hyphens. Codes instead of free text, so that nothing
    /// about a person is written where it is not looked after.
    ///
    /// - Returns: what is wrong with the text; nil for a code.
    public static func unlessCode(_ text: String, at pointer: String) -> FieldFault? {
        isCode(text) ? nil : FieldFault(pointer, "is a code of 1 to 64 lower-case letters, digits and hyphens")
    }

    /// What is wrong with a list of codes: an entry that is none, one given twice, more than fifty.
    public static func unlessCodes(_ texts: [String], at pointer: String) -> [FieldFault] {
        var faults = texts.enumerated().compactMap { unlessCode($0.element, at: "\(pointer)/\($0.offset)") }
        if Set(texts).count < texts.count { faults.append(FieldFault(pointer, "names nothing twice")) }
        if texts.count > 50 { faults.append(FieldFault(pointer, "has at most 50 entries")) }
        return faults
    }

    private static func isCode(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
