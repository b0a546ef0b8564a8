internal import JSON
internal import ServiceKit

/// What became of cards (CDS Hooks 2.0): outcomes and codes of reasons. What somebody wrote about it is not read, because it
/// may be about a person.
struct HookFeedback: Sendable {
    enum Outcome: String, CaseIterable, Hashable, Sendable {
        case accepted, overridden
    }

    struct Count: Hashable, Sendable {
        let outcome: Outcome
        /// One of ``HookCard/overrides``, `other`, or none.
        let reason: String?
    }

    /// How often each, sorted.
    let counts: [(count: Count, times: Int)]

    private static let most = 100

    /// - Throws: 400 for what is no feedback.
    init(_ body: some Collection<UInt8>) throws(Problem) {
        let items: [JSONValue]?
        do {
            items = try JSONValue.parse(body)["feedback"]?.array
        } catch {
            throw .badRequest("A JSON object is expected.")
        }
        guard let items, (1...Self.most).contains(items.count) else {
            throw .badRequest("feedback must be a list of 1 to \(Self.most) cards.")
        }
        var found: [Count: Int] = [:]
        for item in items {
            guard let outcome = item["outcome"]?.string.flatMap(Outcome.init), item["card"]?.string != nil else {
                throw .badRequest("Each card needs card, and outcome accepted or overridden.")
            }
            found[Count(outcome: outcome, reason: Self.reason(item, outcome)), default: 0] += 1
        }
        counts = found.map { ($0.key, $0.value) }.sorted {
            ($0.count.outcome.rawValue, $0.count.reason ?? "") < ($1.count.outcome.rawValue, $1.count.reason ?? "")
        }
    }

    private static func reason(_ item: JSONValue, _ outcome: Outcome) -> String? {
        guard outcome == .overridden, let code = item[["overrideReason", "reason", "code"]]?.string else { return nil }
        return HookCard.overrides.contains { $0.code == code } ? code : "other"
    }
}
