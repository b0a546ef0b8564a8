/// Says whether two identities are one person's. A pure function of both; it keeps nothing.
public struct MatchRules: Sendable {
    public let policy: MatchPolicy
    let names: PersonNames
    let weights: MatchWeights

    public init(_ policy: MatchPolicy, names: PersonNames) {
        self.policy = policy
        self.names = names
        weights = MatchWeights(policy)
    }

    /// The policy and the names that come with Handrail.
    public static func standard() throws -> MatchRules { MatchRules(try .standard(), names: try .standard()) }

    /// The newcomer as they are compared with these participants: without a telephone that so many of them have that it
    /// is no person's.
    public func newcomer(_ person: PersonIdentity, among candidates: [PersonIdentity]) -> PersonIdentity {
        guard let phone = person.phone.flatMap(PhoneNumber.init) else { return person }
        let sharing = candidates.count { $0.phone.flatMap(PhoneNumber.init) == phone }
        guard sharing > policy.largestHousehold else { return person }
        var other = person
        other.phone = nil
        return other
    }

    /// Compares two identities; the order does not matter.
    public func compare(_ one: PersonIdentity, _ other: PersonIdentity) -> IdentityMatch {
        let (left, right) = (ComparableIdentity(one), ComparableIdentity(other))
        let (given, family) = names(left, right)
        let levels: [(MatchField, AgreementLevel?)] = [
            (.givenName, given), (.familyName, family), (.nameSuffix, Self.generations(left, right)),
            (.birthDate, Self.both(left.birthDate, right.birthDate).map(BirthDateComparison.level)),
            (.phone, Self.both(left.phone, right.phone).map(Self.phones)),
            (.postalCode, Self.both(left.postalCode, right.postalCode).map(Self.postalCodes)),
            (.gender, Self.both(left.gender, right.gender).map { $0 == $1 ? .same : .different }),
            (.identifier, Self.identifiers(left, right)),
        ]
        let agreements = levels.compactMap { field, level in
            level.map { FieldAgreement(field, $0, weight: weights.weight(field, $0)) }
        }
        let score = agreements.reduce(weights.prior) { $0 + $1.weight }
        return IdentityMatch(verdict: verdict(score, agreements), score: score, agreements: agreements)
    }

    private func verdict(_ score: Int, _ agreements: [FieldAgreement]) -> IdentityMatch.Verdict {
        guard score >= policy.reviewAt else { return .different }
        guard score >= policy.joinAt, !agreements.contains(where: weights.preventsJoin) else { return .possible }
        let stated = Set(agreements.map(\.field))
        return stated.isSuperset(of: policy.joinNeeds) ? .same : .possible
    }

    private static func both<Value>(_ left: Value?, _ right: Value?) -> (Value, Value)? {
        guard let left, let right else { return nil }
        return (left, right)
    }

    /// Given and family name together, because they may have changed places.
    private func names(
        _ left: ComparableIdentity, _ right: ComparableIdentity
    ) -> (given: AgreementLevel?, family: AgreementLevel?) {
        let given = Self.both(left.given, right.given).map(givenNames)
        let family = Self.both(left.family, right.family).map { families($0, $1, left, right) }
        if given == .different, family == .different, let crossed = Self.both(left.given, right.family),
            let back = Self.both(left.family, right.given), isAlike(crossed), isAlike(back)
        {
            // The newcomer's family name is the given name here: what is only alike there may be a twin's.
            return (crossed.0 == crossed.1 && back.0 == back.1 ? .swapped : .close, .swapped)
        }
        return (given, family)
    }

    private func givenNames(_ left: String, _ right: String) -> AgreementLevel {
        if left.count == 1 || right.count == 1 { return left.first == right.first ? .initial : .different }
        if left == right { return names.isCommon(given: left) ? .sameCommon : .same }
        if names.mayBeOne(left, right) { return .nickname }
        // Two names that people have are two names: twins are called Ella and Emma, and neither is a typing error.
        if names.isCommon(given: left), names.isCommon(given: right) { return .different }
        // Other slips make a name of a name: Jamal and Jamar, Jaden and Jayden may be twins.
        if Slip(left, right) == .transposed { return .transposed }
        return isAlike((left, right)) ? .close : .different
    }

    private func families(
        _ left: String, _ right: String, _ leftIdentity: ComparableIdentity, _ rightIdentity: ComparableIdentity
    ) -> AgreementLevel {
        if left == right { return names.isCommon(family: left) ? .sameCommon : .same }
        if !leftIdentity.familyParts.isDisjoint(with: rightIdentity.familyParts) { return .part }
        if names.isCommon(family: left), names.isCommon(family: right) { return .different }
        return isAlike((left, right)) ? .close : .different
    }

    private func isAlike(_ pair: (String, String)) -> Bool {
        JaroWinkler.similarity(pair.0, pair.1) >= policy.nameSimilarity
    }

    private static func generations(_ left: ComparableIdentity, _ right: ComparableIdentity) -> AgreementLevel? {
        // That both are "Jr." is in the names already.
        both(left.generation, right.generation).flatMap { $0 == $1 ? nil : .different }
    }

    private static func phones(_ left: String, _ right: String) -> AgreementLevel {
        if left == right { return .same }
        return Slip(left, right) == nil ? .different : .close
    }

    private static func postalCodes(_ left: PostalCode, _ right: PostalCode) -> AgreementLevel {
        if left == right { return .same }
        return left.area == right.area ? .area : .different
    }

    private static func identifiers(_ left: ComparableIdentity, _ right: ComparableIdentity) -> AgreementLevel? {
        let shared = left.identifiers.compactMap { system, values in right.identifiers[system].map { (values, $0) } }
        guard !shared.isEmpty else { return nil }
        return shared.contains { !$0.isDisjoint(with: $1) } ? .same : .different
    }
}
