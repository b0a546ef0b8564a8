/// One segment of a message. Fields, components, subcomponents and repetitions count from 1, as the standard counts.
public struct HL7Segment: Sendable {
    struct Mark: Sendable {
        let start: Int
        /// Its places in the list of ends; the first is the end of the name.
        let fields: Range<Int>
    }

    private let source: HL7Source
    private let mark: Mark

    init(source: HL7Source, mark: Mark) {
        (self.source, self.mark) = (source, mark)
    }

    /// `PID`, `ZDR`.
    public var name: String { String(decoding: nameBytes, as: UTF8.self) }

    /// Whether it is called so.
    public func isNamed(_ name: String) -> Bool { nameBytes.elementsEqual(name.utf8) }

    /// A component's text with its escapes resolved: that of the first subcomponent, of the first repetition, unless
    /// others are asked for. Nil where nothing stands there, and where the sender deletes what stood (`""`).
    public func text(_ field: Int, _ component: Int = 1, _ subcomponent: Int = 1, repetition: Int = 1) -> String? {
        // MSH-1 and MSH-2 are the marks themselves.
        if isHeader, field <= 2 { return String(decoding: bytes(field), as: UTF8.self) }
        return repetitions(field).dropFirst(repetition - 1).first?.text(component, subcomponent)
    }

    /// Whether the sender says that the field's value is to be deleted: two quotation marks and nothing else.
    public func isDeleted(_ field: Int) -> Bool { bytes(field).elementsEqual(HL7Repetition.deletion) }

    /// What stands in a field, one after the other; empty where nothing stands there.
    public func repetitions(_ field: Int) -> [HL7Repetition] {
        let all = bytes(field)
        if all.isEmpty { return [] }
        guard let mark = source.delimiters.repetition, !(isHeader && field <= 2) else {
            return [HL7Repetition(source: source, bytes: all)]
        }
        return all.split(separator: mark, omittingEmptySubsequences: false).map {
            HL7Repetition(source: source, bytes: $0)
        }
    }

    private var isHeader: Bool { mark.start == 0 }

    private var nameBytes: ArraySlice<UInt8> {
        source.bytes[mark.start..<Int(source.fieldEnds[mark.fields.lowerBound])]
    }

    /// A field as it was sent.
    private func bytes(_ field: Int) -> ArraySlice<UInt8> {
        if isHeader, field == 1 { return source.bytes[3...3] }
        // Of MSH the separator itself is the first field, so that every other one stands a place further to the left.
        let place = mark.fields.lowerBound + (isHeader ? field - 1 : field)
        guard field >= 1, mark.fields.contains(place) else { return [] }
        return source.bytes[Int(source.fieldEnds[place - 1]) + 1..<Int(source.fieldEnds[place])]
    }
}

/// One of the values of a field.
public struct HL7Repetition: Sendable {
    static let deletion: [UInt8] = [0x22, 0x22]

    let source: HL7Source
    let bytes: ArraySlice<UInt8>

    /// A component's text with its escapes resolved; see ``HL7Segment/text(_:_:_:repetition:)``.
    public func text(_ component: Int = 1, _ subcomponent: Int = 1) -> String? {
        guard var part = Self.part(component, of: bytes, source.delimiters.component) else { return nil }
        if let mark = source.delimiters.subcomponent {
            guard let smaller = Self.part(subcomponent, of: part, mark) else { return nil }
            part = smaller
        } else if subcomponent > 1 {
            return nil
        }
        guard !part.isEmpty, !part.elementsEqual(Self.deletion) else { return nil }
        return HL7Escapes.resolve(part, source.delimiters)
    }

    private static func part(_ number: Int, of bytes: ArraySlice<UInt8>, _ mark: UInt8) -> ArraySlice<UInt8>? {
        var rest = bytes
        for _ in 1..<max(number, 1) {
            guard let end = rest.firstIndex(of: mark) else { return nil }
            rest = rest[(end + 1)...]
        }
        return rest.prefix { $0 != mark }
    }
}
