import Models
import ReferralsDomain
import TestKit

/// Referral after referral is taken in as the service does it, and counted against who the people are.
struct MatchingTrial {
    /// What was counted.
    struct Figures {
        var referrals = 0
        /// Referrals of people who had been referred before.
        var ofKnown = 0
        var pairs = 0
        var joinedExactly = (right: 0, wrong: 0)
        var joinedByWeight = (right: 0, wrong: 0)
        /// Of the known people: in one of the blocks of the newcomer, or found exactly.
        var inBlocks = 0
        /// Referrals after which somebody is to look, and of those the ones of known people with the right pair.
        var reviewed = 0
        var reviewedRightly = 0
        var reviewPairs = 0
        /// Of the known people: registered again, and nobody is told.
        var missed = 0
        var largestBlock = 0
        var crowded = 0

        var precision: Double {
            Double(joinedByWeight.right) / Double(max(1, joinedByWeight.right + joinedByWeight.wrong))
        }
        var precisionWithExact: Double {
            let right = joinedByWeight.right + joinedExactly.right
            return Double(right) / Double(max(1, right + joinedByWeight.wrong + joinedExactly.wrong))
        }
        /// Of the known people: the share that nobody needs to look at.
        var recall: Double { Double(joinedByWeight.right + joinedExactly.right) / Double(max(1, ofKnown)) }
        /// The same with those whom a person is shown beside who they are.
        var recallWithReview: Double { recall + Double(reviewedRightly) / Double(max(1, ofKnown)) }
        var blockingRecall: Double { Double(inBlocks) / Double(max(1, ofKnown)) }
    }

    private struct Known {
        var identity: PersonIdentity
        /// Whom the participant was registered for.
        var person: Int
    }

    private(set) var figures = Figures()
    private(set) var wrong: [(PersonIdentity, PersonIdentity)] = []
    private let rules: MatchRules
    private var known: [Known] = []
    private var index: [IndexKey: [Int]] = [:]
    private var registered: [Int: [Int]] = [:]

    init(_ rules: MatchRules) {
        self.rules = rules
    }

    /// - Returns: which participant it was, by order of registration.
    @discardableResult
    mutating func refer(_ identity: PersonIdentity, of person: Int) -> Int {
        figures.referrals += 1
        let ids = registered[person] ?? []
        if !ids.isEmpty { figures.ofKnown += 1 }
        let keys = identity.indexKeys
        // A number says more than a name.
        let identifying = keys.filter { $0.kind == .identifier } + keys.filter { $0.kind == .nameBirthDate }
        if let exact = identifying.compactMap({ index[$0]?.first }).first {
            if !ids.isEmpty { figures.inBlocks += 1 }
            if known[exact].person == person {
                figures.joinedExactly.right += 1
            } else {
                figures.joinedExactly.wrong += 1
            }
            join(identity, keys, to: exact)
            return exact
        }
        var shared: [Int: Int] = [:]
        for key in keys where !key.kind.identifies { for id in index[key] ?? [] { shared[id, default: 0] += 1 } }
        let block = shared.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        figures.largestBlock = max(figures.largestBlock, block.count)
        if block.count > rules.policy.largestBlock { figures.crowded += 1 }
        if block.contains(where: ids.contains) { figures.inBlocks += 1 }
        return decide(identity, keys, Array(block.prefix(rules.policy.largestBlock)), of: person, ids)
    }

    private mutating func decide(
        _ identity: PersonIdentity, _ keys: Set<IndexKey>, _ block: [Int], of person: Int, _ ids: [Int]
    ) -> Int {
        figures.pairs += block.count
        let newcomer = rules.newcomer(identity, among: block.map { known[$0].identity })
        let matches = block.map { ($0, rules.compare(newcomer, known[$0].identity)) }
        if let chosen = IdentityMatch.chosen(of: matches) {
            if known[chosen].person == person {
                figures.joinedByWeight.right += 1
            } else {
                figures.joinedByWeight.wrong += 1
                wrong.append((identity, known[chosen].identity))
            }
            join(identity, keys, to: chosen)
            return chosen
        }
        let pairs = matches.filter { $0.1.verdict != .different }
        figures.reviewPairs += pairs.count
        if !pairs.isEmpty { figures.reviewed += 1 }
        if pairs.contains(where: { ids.contains($0.0) }) {
            figures.reviewedRightly += 1
        } else if !ids.isEmpty {
            figures.missed += 1
        }
        known.append(Known(identity: identity, person: person))
        registered[person, default: []].append(known.count - 1)
        for key in keys { index[key, default: []].append(known.count - 1) }
        return known.count - 1
    }

    private mutating func join(_ identity: PersonIdentity, _ keys: Set<IndexKey>, to id: Int) {
        _ = known[id].identity.complete(from: identity)
        for key in keys where !(index[key] ?? []).contains(id) {
            if key.kind.identifies, index[key] != nil { continue }
            index[key, default: []].append(id)
        }
    }
}
