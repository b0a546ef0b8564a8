public import Models

extension Fund {
    /// What of a fund may change: how much there is, for each kind and each person, and when.
    public struct Terms: Hashable, Sendable {
        public let amountCents: Int
        /// For each person; nil for no such limit.
        public let personCapCents: Int?
        /// What it may be spent on; empty for everything.
        public let kinds: [Kind]
        public let startsOn: CivilDate
        public let endsOn: CivilDate

        public init(
            amountCents: Int, personCapCents: Int?, kinds: [Kind], startsOn: CivilDate, endsOn: CivilDate
        ) {
            (self.amountCents, self.personCapCents, self.kinds) = (amountCents, personCapCents, kinds)
            (self.startsOn, self.endsOn) = (startsOn, endsOn)
        }

        /// What is wrong with them.
        public func faults(_ catalogue: LinkageCatalogue) -> [Fault] {
            var found: [Fault] = []
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

        /// Whole cents that a fund or a cap may have.
        private static let amounts = 1...10_000_000_000
    }

    /// As they are now.
    public var terms: Terms {
        Terms(
            amountCents: amountCents, personCapCents: personCapCents, kinds: kinds, startsOn: startsOn, endsOn: endsOn)
    }
}
