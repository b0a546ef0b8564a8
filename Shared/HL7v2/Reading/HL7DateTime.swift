public import Models

/// A point in time as HL7 v2 writes it: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]`, as exact as the sender was.
public struct HL7DateTime: Hashable, Sendable {
    public let year: Int
    public let month: Int?
    public let day: Int?
    /// Seconds since midnight; nil where the sender gives no time of day.
    public let secondOfDay: Int?
    /// East of Greenwich; nil where the sender does not say.
    public let offsetMinutes: Int?

    /// Nil for anything else, and for days that the calendar does not have.
    public init?(_ text: String) {
        var digits = Array(text.utf8)
        var offset: Int?
        if let sign = digits.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            guard let found = Self.offset(digits[sign...]) else { return nil }
            offset = found
            digits.removeSubrange(sign...)
        }
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            guard point == 14, digits.count > 15, digits[(point + 1)...].allSatisfy(Self.isDigit)
            else { return nil }
            digits.removeSubrange(point...)
        }
        guard digits.allSatisfy(Self.isDigit), [4, 6, 8, 10, 12, 14].contains(digits.count),
            let year = Self.number(digits[0..<4])
        else { return nil }
        func part(_ start: Int) -> Int? { digits.count > start ? Self.number(digits[start..<start + 2]) : nil }
        (self.year, month, day, offsetMinutes) = (year, part(4), part(6), offset)
        guard CivilDate(year: year, month: month ?? 1, day: day ?? 1) != nil else { return nil }
        guard let hour = part(8) else {
            secondOfDay = nil
            return
        }
        let (minute, second) = (part(10) ?? 0, part(12) ?? 0)
        // A leap second counts as the one before it.
        guard hour < 24, minute < 60, second <= 60 else { return nil }
        secondOfDay = hour * 3600 + minute * 60 + min(second, 59)
    }

    /// The day; nil where the sender knows the month or the year only.
    public var date: CivilDate? {
        guard let month, let day else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// The instant; nil without a time of day, or without an offset where none is given.
    ///
    /// - Parameter usual: the sender's usual offset in minutes.
    public func instant(usual: Int? = nil) -> Instant? {
        guard let date, let secondOfDay, let offset = offsetMinutes ?? usual else { return nil }
        return Instant(unixSeconds: Int64(date.daysSince1970) * 86_400 + Int64(secondOfDay - offset * 60))
    }

    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits = bytes.dropFirst()
        guard digits.count == 4, digits.allSatisfy(isDigit), let hours = number(digits.prefix(2)),
            let minutes = number(digits.suffix(2)), hours <= 14, minutes < 60
        else { return nil }
        return (bytes.first == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? { Int(String(decoding: digits, as: UTF8.self)) }
}
