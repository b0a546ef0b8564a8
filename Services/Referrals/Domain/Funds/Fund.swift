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
    public private(set) var amountCents: Int
    /// Reserved and spent.
    public let committedCents: Int
    /// For each person; nil for no such limit.
    public private(set) var personCapCents: Int?
    /// What it may be spent on; empty for everything.
    public private(set) var kinds: [Kind]
    public private(set) var startsOn: CivilDate
    public private(set) var endsOn: CivilDate
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
        return found + terms.faults(catalogue)
    }

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

    /// Changes how much it has, for whom and when. Whether that is less than what is reserved and spent, PostgreSQL decides.
    ///
    /// - Throws: ``FundRefusal`` `closed`, `otherKinds`.
    public mutating func change(to terms: Terms) throws(FundRefusal) {
        guard closedAt == nil else { throw .closed }
        guard Set(terms.kinds.map(\.kind)) == Set(kinds.map(\.kind)) else { throw .otherKinds }
        (amountCents, personCapCents, kinds) = (terms.amountCents, terms.personCapCents, terms.kinds)
        (startsOn, endsOn) = (terms.startsOn, terms.endsOn)
        version += 1
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
    /// What of a fund has a limit.
    public enum Limit: String, CaseIterable, Hashable, Sendable {
        case fund, kind, person
    }

    case closed
    case outsideItsPeriod
    case notForThis
    /// Not so much is left.
    case exhausted
    /// Not so much is left for this kind.
    case kindExhausted
    /// What it may be spent on does not change: for something else there is another fund.
    case otherKinds
    /// More than that is reserved and spent already.
    case belowCommitted(Limit)
    /// The person would have more than the fund lets each have, under all of their ids together.
    case personAtCap
}
