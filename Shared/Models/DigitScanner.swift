/// Reads fixed-width digits out of date texts, without a formatter: dates are read for each row and each request.
struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Exactly so many digits, or nil and nothing consumed.
    mutating func digits(_ count: Int) -> Int? {
        guard rest.count >= count else { return nil }
        var value = 0
        for byte in rest.prefix(count) {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest = rest.dropFirst(count)
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Decimals after the point as microseconds; further ones are cut.
    mutating func fraction() -> Int64? {
        var (value, places) = (Int64(0), 0)
        while let byte = rest.first, (0x30...0x39).contains(byte) {
            if places < 6 { value = value * 10 + Int64(byte - 0x30) }
            places += 1
            rest = rest.dropFirst()
        }
        guard places > 0 else { return nil }
        for _ in min(places, 6)..<6 { value *= 10 }
        return value
    }

    /// `Z` or `±hh:mm` as seconds east of UTC.
    mutating func zoneOffsetSeconds() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24, skip(":"), let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

extension Int64 {
    /// Division that rounds down, so that instants before 1970 fall on the right day.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
