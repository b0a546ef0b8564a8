/// The marks that a message names in its first bytes: `MSH|^~\&`. The usual ones are not taken for granted.
public struct HL7Delimiters: Hashable, Sendable {
    /// `MSH-1`, usually `|`.
    public var field: UInt8
    /// Usually `^`.
    public var component: UInt8
    /// Usually `~`; nil where the sender names none.
    public var repetition: UInt8?
    /// Usually `\`; nil where the sender names none.
    public var escape: UInt8?
    /// Usually `&`; nil where the sender names none.
    public var subcomponent: UInt8?

    /// `|^~\&`
    public static let usual = HL7Delimiters(
        field: UInt8(ascii: "|"), component: UInt8(ascii: "^"), repetition: UInt8(ascii: "~"),
        escape: UInt8(ascii: "\\"), subcomponent: UInt8(ascii: "&"))

    public init(field: UInt8, component: UInt8, repetition: UInt8?, escape: UInt8?, subcomponent: UInt8?) {
        self.field = field
        self.component = component
        self.repetition = repetition
        self.escape = escape
        self.subcomponent = subcomponent
    }

    /// Reads what stands behind `MSH`. A fifth mark, that of truncation (2.7), is carried and not used.
    ///
    /// - Throws: ``HL7Fault`` `delimiters` where they are missing, alike, or letters.
    init(afterHeader bytes: ArraySlice<UInt8>) throws(HL7Fault) {
        guard let field = bytes.first else { throw HL7Fault(.delimiters, segment: 1) }
        let marks = Array(bytes.dropFirst().prefix(while: { $0 != field && $0 != 0x0D && $0 != 0x0A }).prefix(6))
        guard (1...5).contains(marks.count), ([field] + marks).allSatisfy(Self.isMark),
            Set([field] + marks).count == marks.count + 1
        else { throw HL7Fault(.delimiters, segment: 1) }
        self.init(
            field: field, component: marks[0], repetition: marks.dropFirst().first, escape: marks.dropFirst(2).first,
            subcomponent: marks.dropFirst(3).first)
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
