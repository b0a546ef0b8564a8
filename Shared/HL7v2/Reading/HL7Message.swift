/// An HL7 v2 message as it came: its segments in their order, whatever they are called.
///
/// Reading marks where fields begin, in one pass; texts are made of what is asked for. Segments end with a carriage
/// return; a line feed, or both, are taken as well, because files and careless senders have them.
public struct HL7Message: Sendable {
    /// The first is `MSH`.
    public let segments: [HL7Segment]
    public let delimiters: HL7Delimiters

    /// Reads a message.
    ///
    /// - Throws: ``HL7Fault``.
    public init(_ bytes: [UInt8], limits: HL7Limits = HL7Limits()) throws(HL7Fault) {
        guard bytes.count <= limits.bytes else { throw HL7Fault(.tooLong) }
        let start = Self.start(of: bytes)
        guard bytes.count >= start + 4, bytes[start..<start + 3].elementsEqual("MSH".utf8) else {
            throw HL7Fault(.noHeader)
        }
        let delimiters = try HL7Delimiters(afterHeader: bytes[(start + 3)...])
        let text = try HL7Characters.utf8(bytes[start...], delimiters)
        let marks = try Self.marks(of: text, delimiters.field, limits)
        let source = HL7Source(bytes: text, delimiters: delimiters, fieldEnds: marks.fieldEnds)
        var segments: [HL7Segment] = []
        segments.reserveCapacity(marks.segments.count)
        for mark in marks.segments { segments.append(HL7Segment(source: source, mark: mark)) }
        self.segments = segments
        self.delimiters = delimiters
    }

    /// The header.
    public var header: HL7Segment { segments[0] }

    /// The first segment of that name.
    public func first(_ name: String) -> HL7Segment? { segments.first { $0.isNamed(name) } }

    /// All segments of that name, in their order.
    public func all(_ name: String) -> [HL7Segment] { segments.filter { $0.isNamed(name) } }

    /// `ADT`, and `A04`: `MSH-9`.
    public var type: (code: String, event: String) { (header.text(9) ?? "", header.text(9, 2) ?? "") }

    /// `MSH-10`, by which the sender knows the message.
    public var controlID: String? { header.text(10) }

    /// Behind a byte order mark, and behind empty lines.
    private static func start(of bytes: [UInt8]) -> Int {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count, bytes[start] == 0x0D || bytes[start] == 0x0A || bytes[start] == 0x20 { start += 1 }
        return start
    }

    private struct Marks {
        var segments: [HL7Segment.Mark] = []
        var fieldEnds: [Int32] = []
    }

    private static func marks(
        of bytes: [UInt8], _ separator: UInt8, _ limits: HL7Limits
    ) throws(HL7Fault) -> Marks {
        var marks = Marks()
        marks.fieldEnds.reserveCapacity(bytes.count / 4)
        var start = 0
        var firstField = 0
        for index in 0...bytes.count {
            let byte: UInt8 = index < bytes.count ? bytes[index] : 0x0D
            if byte == separator {
                marks.fieldEnds.append(Int32(truncatingIfNeeded: index))
            } else if byte == 0x0D || byte == 0x0A {
                defer { start = index + 1 }
                if index == start { continue }
                marks.fieldEnds.append(Int32(truncatingIfNeeded: index))
                let number = marks.segments.count + 1
                guard number <= limits.segments else { throw HL7Fault(.tooLong, segment: number) }
                let mark = HL7Segment.Mark(start: start, fields: firstField..<marks.fieldEnds.count)
                try check(bytes[start..<Int(marks.fieldEnds[firstField])], number)
                marks.segments.append(mark)
                firstField = marks.fieldEnds.count
            }
        }
        return marks
    }

    private static func check(_ name: ArraySlice<UInt8>, _ number: Int) throws(HL7Fault) {
        let isName =
            name.count == 3
            && name.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
        guard isName else { throw HL7Fault(.segmentName, segment: number) }
        guard number == 1 || !name.elementsEqual("MSH".utf8) else {
            throw HL7Fault(.severalMessages, segment: number)
        }
    }
}

/// The bytes of a message in UTF-8, and where its fields end; shared by its segments.
final class HL7Source: Sendable {
    let bytes: [UInt8]
    let delimiters: HL7Delimiters
    let fieldEnds: [Int32]

    init(bytes: [UInt8], delimiters: HL7Delimiters, fieldEnds: [Int32]) {
        self.bytes = bytes
        self.delimiters = delimiters
        self.fieldEnds = fieldEnds
    }
}
