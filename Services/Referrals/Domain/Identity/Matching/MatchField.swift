/// What two identities are compared by.
public enum MatchField: String, Codable, CaseIterable, Hashable, Sendable {
    case givenName = "given-name"
    case familyName = "family-name"
    /// Jr., Sr., III: which of several of the same name.
    case nameSuffix = "name-suffix"
    case birthDate = "birth-date"
    case phone
    case postalCode = "postal-code"
    case gender
    /// Numbers of one system, where both have some of it.
    case identifier
}

/// How far two identities agree in a field. A field that one of them lacks is not compared: it is no evidence.
public enum AgreementLevel: String, Codable, CaseIterable, Hashable, Sendable {
    case same
    /// The same, but so many share it that it says less.
    case sameCommon = "same-common"
    /// One is what people call the other.
    case nickname
    /// Only a letter is given, and it is the other's first.
    case initial
    /// As if mistyped: names that look alike, a telephone number with one wrong digit.
    case close
    /// One family name is a part of the other.
    case part
    /// First and last name, or day and month, in each other's place.
    case swapped
    /// Two digits in each other's place.
    case transposed
    case oneDigit = "one-digit"
    /// The same year, and one of the dates is its first day, as where only the year is known.
    case year
    /// The same region.
    case area
    case different
}

/// How two identities compare in one field: what a person who decides may see. It holds no value of either.
public struct FieldAgreement: Hashable, Sendable {
    public let field: MatchField
    public let level: AgreementLevel
    /// How much it speaks for one person (above 0) or two; thousandths of a bit.
    public let weight: Int

    public init(_ field: MatchField, _ level: AgreementLevel, weight: Int) {
        (self.field, self.level, self.weight) = (field, level, weight)
    }
}

/// Whether two identities are one person's.
public struct IdentityMatch: Hashable, Sendable {
    /// What follows from it.
    public enum Verdict: String, Codable, CaseIterable, Hashable, Sendable {
        /// One person: nobody needs to look.
        case same
        /// A person is to decide.
        case possible
        case different
    }

    public let verdict: Verdict
    /// Thousandths of a bit: 0 is as likely as not, and each 1000 doubles the odds.
    public let score: Int
    /// Field by field, in the order of ``MatchField``.
    public let agreements: [FieldAgreement]

    public init(verdict: Verdict, score: Int, agreements: [FieldAgreement]) {
        (self.verdict, self.score, self.agreements) = (verdict, score, agreements)
    }
}

extension IdentityMatch {
    /// Whether the names and the birth date say that these are two people, whatever number they share.
    public var contradictsNumber: Bool {
        let differing = Set(agreements.lazy.filter { $0.level == .different }.map(\.field))
        return differing.isSuperset(of: [.givenName, .birthDate])
            || differing.isSuperset(of: [.familyName, .birthDate])
            || differing.isSuperset(of: [.givenName, .familyName])
    }

    /// The best match of each person: several participants may be one, and count once. In the order in which the people first
    /// come.
    public static func best<Candidate, Person: Hashable>(
        of matches: [(candidate: Candidate, person: Person, match: IdentityMatch)]
    ) -> [(candidate: Candidate, person: Person, match: IdentityMatch)] {
        var (best, places): ([(candidate: Candidate, person: Person, match: IdentityMatch)], [Person: Int]) = ([], [:])
        for match in matches {
            if let place = places[match.person] {
                if match.match.isBetter(than: best[place].match) { best[place] = match }
            } else {
                places[match.person] = best.count
                best.append(match)
            }
        }
        return best
    }

    private func isBetter(than other: IdentityMatch) -> Bool {
        (verdict.rank, score) > (other.verdict.rank, other.score)
    }

    /// Which of several participants a newcomer is, where nobody needs to look: the only one who is the same person. Of
    /// two, who may themselves be one person registered twice, a person chooses.
    public static func chosen<Candidate>(of matches: [(Candidate, IdentityMatch)]) -> Candidate? {
        let same = matches.filter { $0.1.verdict == .same }
        return same.count == 1 ? same.first?.0 : nil
    }
}

extension IdentityMatch.Verdict {
    /// A level that prevents joins may stand beside a higher score.
    fileprivate var rank: Int {
        switch self {
        case .different: 0
        case .possible: 1
        case .same: 2
        }
    }
}
