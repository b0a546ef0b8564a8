public import Models

/// A measure's result for others than the programme's own staff: counts without ids, small cells withheld.
///
/// A cell of 1 to 10 people is withheld (the convention of the Centers for Medicare & Medicaid Services), and so is
/// whatever would let it be worked out: the denominator's other half, the rate, and the difference of two parts that
/// count the same people. Zero is shown.
public struct SharedReport: Codable, Hashable, Sendable {
    public var measure: MeasureCode
    public var version: Int
    public var period: MeasurePeriod
    public var asOf: Instant
    public var runAt: Instant
    public var sourceTier: SourceTier
    public var parts: [Part]
    /// Nil where fewer than eleven events were observed.
    public var timing: EventTiming?

    /// Counts of 11 and more, or 0; nil where withheld.
    public struct Part: Codable, Hashable, Sendable {
        public var code: String
        public var denominator: Int?
        public var numerator: Int?
        public var rate: Double?
        public var isSuppressed: Bool
    }

    /// The smallest count of people that is shown.
    public static let smallestCell = 11

    public init(_ result: MeasureResult) {
        measure = result.measure
        version = result.version
        period = result.period
        asOf = result.asOf
        runAt = result.runAt
        sourceTier = result.sourceTier
        var shown: [Set<MeasureSubject>] = []
        parts = result.parts.map { part in
            let denominator = Set(part.denominator)
            let numerator = Set(part.numerator)
            func isSafe(_ cell: Set<MeasureSubject>) -> Bool {
                !Self.isSmall(cell.count) && !shown.contains { Self.isSmallDifference($0, cell) }
            }
            let isDenominatorShown = isSafe(denominator)
            if isDenominatorShown { shown.append(denominator) }
            let isNumeratorShown = isDenominatorShown && isSafe(numerator)
            if isNumeratorShown { shown.append(numerator) }
            return Part(
                code: part.code,
                denominator: isDenominatorShown ? denominator.count : nil,
                numerator: isNumeratorShown ? numerator.count : nil,
                rate: isNumeratorShown ? part.rate : nil,
                isSuppressed: !isNumeratorShown
            )
        }
        timing = result.timing.flatMap { timing in
            timing.observed < Self.smallestCell || Self.isSmall(timing.censored) ? nil : timing
        }
    }

    private static func isSmall(_ count: Int) -> Bool { (1..<smallestCell).contains(count) }

    /// Whether subtracting two shown counts would give a small group: one lies in the other and few are between. With a
    /// part's own denominator this is the numerator's other half.
    private static func isSmallDifference(_ left: Set<MeasureSubject>, _ right: Set<MeasureSubject>) -> Bool {
        (left.isSubset(of: right) || right.isSubset(of: left)) && isSmall(abs(left.count - right.count))
    }
}
