extension PostgresNumeric: LosslessStringConvertible {
    /// The number in the text, with all of its digits after the point: `12.50` shows two, `1.5e3` none.
    ///
    /// Nil where the text is no number, or one that PostgreSQL has no room for. What PostgreSQL reads is read: a sign,
    /// digits with a point, an exponent; `NaN`, `Infinity` and `inf` in any case. Spaces are not.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = Self.takeDigits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = Self.takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else {
            switch text.lowercased() {
            case "nan": self = .nan
            case "inf", "+inf", "infinity", "+infinity": self = .infinity
            case "-inf", "-infinity": self = .negativeInfinity
            default: return nil
            }
            return
        }
        guard let exponent = Self.takeExponent(&rest), rest.isEmpty else { return nil }
        self.init(
            isNegative ? .negative : .positive, digits: whole + fraction, point: whole.count + exponent,
            scale: max(0, fraction.count - exponent))
    }

    /// An integer.
    public init(_ value: some BinaryInteger) {
        self.init(value, scale: 0)
    }

    /// An integer with the point moved to the left: `1250` with scale 2 is `12.50`. For amounts of money in cents.
    public init(_ unscaled: some BinaryInteger, scale: UInt8) {
        let digits = Array(String(unscaled.magnitude).utf8)
        let value = PostgresNumeric(
            unscaled < 0 ? .negative : .positive, digits: digits[...], point: digits.count - Int(scale),
            scale: Int(scale))
        // SAFETY: only an integer of more than 131,072 digits has none.
        guard let value else { preconditionFailure("an integer too large for PostgreSQL") }
        self = value
    }

    /// - Parameters:
    ///   - digits: ASCII digits.
    ///   - point: how many of them are before the point; may be negative, or more than there are.
    private init?(_ sign: Sign, digits: ArraySlice<UInt8>, point: Int, scale: Int) {
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        let point = point - zeros
        let digits = digits.dropFirst(zeros)
        guard scale <= Self.largestScale, digits.isEmpty || point <= Self.digitsBeforePoint else { return nil }
        // The point lies between two groups: rounded down also below zero.
        let weight = (point - 1) >> 2
        var groups: [UInt16] = []
        var next = digits.startIndex - (4 - (point - 4 * weight))
        while next < digits.endIndex {
            groups.append(
                (next..<next + 4).reduce(0) { group, index in
                    group * 10 + (digits.indices.contains(index) ? UInt16(digits[index] - UInt8(ascii: "0")) : 0)
                })
            next += 4
        }
        self.init(sign, weight: weight, groups: groups[...], scale: scale)
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }

    /// The exponent, 0 where there is none; nil where it has no digits or too many.
    private static func takeExponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return 0 }
        rest.removeFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let digits = takeDigits(&rest)
        guard let value = Int(String(decoding: digits, as: UTF8.self)), value < 1_000_000 else { return nil }
        return isNegative ? -value : value
    }

    /// As PostgreSQL writes it.
    public var description: String {
        switch sign {
        case .notANumber: return "NaN"
        case .infinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text: [UInt8] = []
        text.reserveCapacity(4 * max(1, weight + 1) + 1 + scale + 4)
        for index in 0..<max(0, weight + 1) { append(group: index, to: &text) }
        text.removeSubrange(..<(text.firstIndex { $0 != UInt8(ascii: "0") } ?? text.endIndex))
        if text.isEmpty { text.append(UInt8(ascii: "0")) }
        if scale > 0 {
            text.append(UInt8(ascii: "."))
            let end = text.count + scale
            for index in 1...(scale + 3) / 4 { append(group: weight + index, to: &text) }
            text.removeSubrange(end...)
        }
        return (sign == .negative ? "-" : "") + String(decoding: text, as: UTF8.self)
    }

    /// Appends the four digits of a group; zeros where there is none, before the first one as behind the last.
    private func append(group index: Int, to text: inout [UInt8]) {
        let group = groups.indices.contains(index) ? groups[index] : 0
        for divisor: UInt16 in [1000, 100, 10, 1] { text.append(UInt8(ascii: "0") + UInt8(group / divisor % 10)) }
    }
}
