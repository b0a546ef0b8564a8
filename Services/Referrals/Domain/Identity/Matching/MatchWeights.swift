/// A policy's numbers as weights: whole thousandths of a bit, so that a sum does not depend on the order of its parts.
struct MatchWeights: Sendable {
    private struct Key: Hashable {
        let field: MatchField
        let level: AgreementLevel
    }

    /// Of a pair of which nothing is known.
    let prior: Int
    private let weights: [Key: Int]
    private let preventing: Set<Key>

    init(_ policy: MatchPolicy) {
        prior = Self.thousandths(policy.priorProbability / (1 - policy.priorProbability))
        var weights: [Key: Int] = [:]
        var preventing: Set<Key> = []
        for field in policy.fields {
            for level in field.levels {
                let key = Key(field: field.field, level: level.level)
                weights[key] = Self.thousandths(level.m / level.u)
                if level.preventsJoin ?? false { preventing.insert(key) }
            }
        }
        (self.weights, self.preventing) = (weights, preventing)
    }

    /// A level that the policy does not name says nothing.
    func weight(_ field: MatchField, _ level: AgreementLevel) -> Int { weights[Key(field: field, level: level)] ?? 0 }

    func preventsJoin(_ agreement: FieldAgreement) -> Bool {
        preventing.contains(Key(field: agreement.field, level: agreement.level))
    }

    /// The binary logarithm in thousandths, by squaring: the same on every platform, and without a mathematics library.
    static func thousandths(_ ratio: Double) -> Int {
        guard ratio > 0, ratio.isFinite else { return 0 }
        var (fraction, place) = (0.0, 0.5)
        var rest = ratio.significand
        for _ in 0..<30 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                fraction += place
            }
            place /= 2
        }
        return Int(((Double(ratio.exponent) + fraction) * 1000).rounded())
    }
}
