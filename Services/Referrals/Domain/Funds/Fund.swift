public import Models

public typealias FundID = ID<Fund>

/// Money, or material by its value, that an agency may spend on what people need: so much, in a period, for each person at
/// most so much, for each kind at most so much. Amounts are whole cents.
public struct Fund: Hashable, Sendable {
    /// What may be spent on one kind.
    public struct Kind: Hashable, Sendable {
        /// A code of ``LinkageCatalogue/spendings``.
        public let kind: String
        /// All people together; nil for as much as the fund has.
        public let capCents: Int?
        /// Each person; nil for as much as the fund lets each have.
        public let personCapCents: Int?

        public init(kind: String, capCents: Int?, personCapCents: Int?) {
            (self.kind, self.capCents, self.personCapCents) = (kind, capCents, personCapCents)
        }
    }

    public let fundID: FundID
    public private(set) var version: Int
    /// What the agency calls it.
    public let name: String
    public let amountCents: Int
    /// Reserved and spent.
    public let committedCents: Int
    /// For each person; nil for no such limit.
    public let personCapCents: Int?
    /// What it may be spent on; empty for everything.
    public let kinds: [Kind]
    public let startsOn: CivilDate
    public let endsOn: CivilDate
    public private(set) var closedAt: Instant?

    public init(
        fundID: FundID, version: Int = 1, name: String, amountCents: Int, committedCents: Int = 0, personCapCents: Int?,
        kinds: [Kind], startsOn: CivilDate, endsOn: CivilDate, closedAt: Instant? = nil
    ) {
        (self.fundID, self.version, self.name) = (fundID, version, name)
        (self.amountCents, self.committedCents) = (amountCents, committedCents)
        (self.personCapCents, self.kinds) = (personCapCents, kinds)
        (self.startsOn, self.endsOn, self.closedAt) = (startsOn, endsOn, closedAt)
    }

    /// What is wrong with a new one.
    public func faults(_ catalogue: LinkageCatalogue) -> [Fault] {
        var found: [Fault] = []
        // One character can be any number of bytes, and the name stands in an index.
        if !(1...80).contains(name.count) || name.utf8.count > 320 {
            found.append(Fault("/name", "1 to 80 characters, in at most 320 bytes"))
        }
        if !Self.amounts.contains(amountCents) { found.append(Fault("/amountCents", "1 to 10,000,000,000")) }
        if let personCapCents, !Self.amounts.contains(personCapCents) {
            found.append(Fault("/personCapCents", "1 to 10,000,000,000"))
        }
        if endsOn < startsOn { found.append(Fault("/endsOn", "not before startsOn")) }
        if Set(kinds.map(\.kind)).count != kinds.count { found.append(Fault("/kinds", "each once")) }
        for (index, kind) in kinds.enumerated() {
            if !catalogue.spendings.has(kind.kind) {
                found.append(Fault("/kinds/\(index)/kind", catalogue.spendings.oneOf))
            }
            for cap in [kind.capCents, kind.personCapCents].compactMap(\.self) where !Self.amounts.contains(cap) {
                found.append(Fault("/kinds/\(index)", "caps of 1 to 10,000,000,000"))
            }
        }
        return found
    }

    /// Whole cents that a fund or a spending may have.
    static let amounts = 1...10_000_000_000

    /// The limits of one kind; nil where the fund is not for it.
    public func limits(of kind: String) -> Kind? {
        kinds.isEmpty ? Kind(kind: kind, capCents: nil, personCapCents: nil) : kinds.first { $0.kind == kind }
    }

    /// Whether it pays for this, on this day. Whether there is enough, and nobody has too much, PostgreSQL decides.
    ///
    /// - Throws: ``FundRefusal``.
    public func admit(_ kind: String, on day: CivilDate) throws(FundRefusal) {
        guard closedAt == nil else { throw .closed }
        guard startsOn...endsOn ~= day else { throw .outsideItsPeriod }
        guard limits(of: kind) != nil else { throw .notForThis }
    }

    /// Nothing more is reserved; what is reserved may still be spent.
    public mutating func close(at instant: Instant) {
        guard closedAt == nil else { return }
        closedAt = instant
        version += 1
    }
}

/// Why a fund does not pay.
public enum FundRefusal: Error, Hashable, Sendable {
    case closed
    case outsideItsPeriod
    case notForThis
    /// Not so much is left.
    case exhausted
    /// Not so much is left for this kind.
    case kindExhausted
    /// The person would have more than the fund lets each have, under all of their ids together.
    case personAtCap
}
