internal import Models

/// When summer time begins and ends every year, as POSIX writes it (`EST5EDT,M3.2.0,M11.1.0`): what a TZif file ends with.
struct YearlyRule: Hashable, Sendable {
    /// Seconds east of UTC.
    private let standard: Int64
    /// Nil where there is no summer time.
    private let summer: Summer?

    private struct Summer: Hashable {
        let offset: Int64
        let start, end: Day
    }

    /// `M3.2.0/2`: the second Sunday of March at two; the fifth of a weekday is the last one.
    fileprivate struct Day: Hashable {
        let month, week, weekday: Int
        /// On the wall clock, in seconds since midnight; may be below 0 or beyond a day.
        let time: Int64

        /// In seconds since 1970 on the wall clock.
        func local(in year: Int) -> Int64? {
            guard let first = CivilDate(year: year, month: month, day: 1)?.daysSince1970 else { return nil }
            // 1 January 1970 was a Thursday, and Sunday is 0.
            var day = first + (weekday - (first + 4) % 7 + 7) % 7 + 7 * (week - 1)
            if CivilDate(daysSince1970: day).month != month { day -= 7 }
            return Int64(day) * 86_400 + time
        }
    }

    /// Nil for what is written otherwise; days of the year (`J60`) are in no zone's rule.
    init?(_ text: String) {
        var scanner = RuleScanner(text)
        guard scanner.name(), let west = scanner.offset() else { return nil }
        standard = -west
        if scanner.isAtEnd {
            summer = nil
            return
        }
        guard scanner.name() else { return nil }
        let summerWest = scanner.isAt(",") ? west - 3600 : scanner.offset()
        guard let summerWest, let start = scanner.day(), let end = scanner.day(), scanner.isAtEnd else { return nil }
        summer = Summer(offset: -summerWest, start: start, end: end)
    }

    /// Seconds east of UTC at a moment, in seconds since 1970.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilDate(daysSince1970: Int((Double(seconds + standard) / 86_400).rounded(.down))).year
        guard let start = summer.start.local(in: year), let end = summer.end.local(in: year) else { return standard }
        let (begins, ends) = (start - standard, end - summer.offset)
        // South of the equator summer lasts over the turn of the year.
        let isSummer = begins < ends ? begins <= seconds && seconds < ends : !(ends <= seconds && seconds < begins)
        return isSummer ? summer.offset : standard
    }
}

private struct RuleScanner {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    func isAt(_ character: Character) -> Bool { rest.first == character }

    /// Skips `EST` or `<+03>`.
    mutating func name() -> Bool {
        if rest.first == "<" {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix(while: \.isLetter)
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `5`, `-9:30`, `+167`: hours, minutes, seconds.
    mutating func offset() -> Int64? {
        let sign: Int64 = skip("-") ? -1 : 1
        if sign == 1 { _ = skip("+") }
        guard var seconds = number().map({ Int64($0) * 3600 }) else { return nil }
        for unit in [60, 1] as [Int64] where skip(":") {
            guard let part = number() else { return nil }
            seconds += Int64(part) * unit
        }
        return sign * seconds
    }

    /// `,M3.2.0/2`; two o'clock where no time is given.
    mutating func day() -> YearlyRule.Day? {
        guard skip(","), skip("M"), let month = number(), skip("."), let week = number(), skip("."),
            let weekday = number(), (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
        else { return nil }
        let time = skip("/") ? offset() : 7200
        return time.map { YearlyRule.Day(month: month, week: week, weekday: weekday, time: $0) }
    }

    private mutating func skip(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }.prefix(4)
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }
}
