extension Double {
    /// The nearest one; infinite where the number is too large.
    public init(_ value: PostgresNumeric) {
        switch value.sign {
        case .notANumber: self = .nan
        case .infinity: self = .infinity
        case .negativeInfinity: self = -.infinity
        // The text is a number that Swift reads too, rounding once and right.
        case .positive, .negative: self = Double(value.description) ?? .nan
        }
    }
}

extension Int {
    /// The number as an integer; nil where it has a fraction other than zeros, or is too large.
    public init?(exactly value: PostgresNumeric) {
        guard value.isFinite, value.weight >= value.groups.count - 1, value.weight <= 4 else {
            return nil
        }
        var result = 0
        for index in 0...value.weight {
            let group = index < value.groups.count ? Int(value.groups[index]) : 0
            let (shifted, isTooLarge) = result.multipliedReportingOverflow(by: 10_000)
            let (sum, isStillTooLarge) =
                value.isNegative ? shifted.subtractingReportingOverflow(group) : shifted.addingReportingOverflow(group)
            if isTooLarge || isStillTooLarge { return nil }
            result = sum
        }
        self = result
    }
}
