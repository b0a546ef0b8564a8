public import Models

extension R4 {
    /// A FHIR date, dateTime or instant as it was written, with the span of time that it covers.
    ///
    /// `2026` covers a year, `2026-11-22T01:00:00Z` a second; with decimals a millisecond or less is still a second's
    /// text and covers only itself.
    public struct DateTime: Hashable, Sendable {
        /// How exactly it was given.
        public enum Precision: Hashable, Sendable { case year, month, day, second }

        /// As received.
        public let text: String
        public let precision: Precision
        /// The first instant covered. Dates without zone are taken as UTC.
        public let start: Instant
        /// The first instant behind what is covered.
        public let end: Instant

        /// The calendar date where the day is known.
        public var civilDate: CivilDate? { CivilDate(String(text.prefix(10))) }

        /// Nil for what R4 does not allow: a time without zone, the 31st of June, hour 24.
        public init?(_ text: String) {
            self.text = text
            switch text.utf8.count {
            case 4, 7:
                let isYear = text.utf8.count == 4
                guard let first = CivilDate(isYear ? "\(text)-01-01" : "\(text)-01") else { return nil }
                precision = isYear ? .year : .month
                (start, end) = (first.midnightInUTC, first.adding(months: isYear ? 12 : 1).midnightInUTC)
            case 10:
                guard let day = CivilDate(text) else { return nil }
                precision = .day
                (start, end) = (day.midnightInUTC, day.adding(days: 1).midnightInUTC)
            default:
                guard let instant = Instant(text), !text.contains("t"), !text.contains("z") else { return nil }
                precision = .second
                start = instant
                end = instant + (text.contains(".") ? .microseconds(1) : .seconds(1))
            }
        }
    }
}

extension CivilDate {
    fileprivate var midnightInUTC: Instant { Instant(unixSeconds: Int64(daysSince1970) * 86_400) }
}
