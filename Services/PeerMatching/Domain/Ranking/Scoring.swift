internal import Models

/// What speaks for an eligible peer: wishes met, then weighted criteria, each with its reason.
///
/// Whole numbers only, so that the same inputs give the same order on every machine: a criterion's fit runs from 0 to
/// 1,000 and is multiplied by its weight in percent, so that a score runs from 0 to 100,000. What is unknown about the
/// participant weighs nothing for anybody.
struct Scoring: Sendable {
    let need: Need
    let policy: Policy
    let kind: MatchKind

    /// The wishes that this peer meets. They outrank every weight (FACTS §11: participant preferences outrank weights).
    func wishesMet(by peer: Candidate) -> [Reason] {
        var met: [Reason] = []
        if peer.supportsParticipant {
            met.append(Reason(code: .continuity, points: 0, text: "Supports this person already"))
        }
        if let first = need.languages.first, peer.languages.contains(where: { $0.isUnderstood(by: first) }) {
            met.append(Reason(code: .language, points: 0, text: "Speaks \(first), the language wanted most"))
        }
        for kind in Set(need.traits.wishes).sorted() {
            guard let shared = peer.disclosures.first(where: { $0.kind == kind }) else { continue }
            let text = shared.mayBeNamed ? "Shares what was asked for: \(kind.text)" : unnamed
            met.append(Reason(code: .wish, points: 0, text: text))
        }
        return met
    }

    /// The weighted criteria that speak for this peer; those that bring nothing are left out.
    func criteria(for peer: Candidate) -> [Reason] {
        let weights = policy.weights
        return [
            availability(peer, weights.availability),
            geography(peer, weights.geography),
            shared(.lifeStage, among: need.traits.lifeStages, peer, .lifeStage, weights.lifeStage),
            shared(.pathway, among: pathways, peer, .pathway, weights.pathway),
            shared(.justice, among: isJusticeKnown ? ["yes"] : [], peer, .justice, weights.justice),
            shared(.substance, among: need.traits.substances, peer, .substance, weights.substance),
        ].compactMap { $0 }.filter { $0.points > 0 }
    }

    private let unnamed = "Has a similar experience, which the peer shares in person"

    /// Somebody who takes medication is on a pathway with medication.
    private var pathways: [String] {
        need.traits.pathways + (need.takesMedication == true ? ["medication"] : [])
    }

    private var isJusticeKnown: Bool {
        need.traits.justice ?? policy.justiceSettings.contains(need.setting)
    }

    private func availability(_ peer: Candidate, _ weight: Int) -> Reason? {
        guard peer.caseloadCap > 0 else { return nil }
        let free = max(0, peer.caseloadCap - peer.caseload)
        return Reason(
            code: .availability, points: weight * free * 1000 / peer.caseloadCap,
            text: "Has room: supports \(peer.caseload) of up to \(peer.caseloadCap) people"
        )
    }

    private func geography(_ peer: Candidate, _ weight: Int) -> Reason? {
        guard let area = need.area, let place = peer.areas.firstIndex(of: area) else { return nil }
        return place == 0
            ? Reason(code: .geography, points: weight * 1000, text: "Lives close: \(area) is the home area")
            : Reason(code: .geography, points: weight * 500, text: "Travels to \(area)")
    }

    private func shared(
        _ kind: Disclosure.Kind, among values: [String], _ peer: Candidate, _ code: Reason.Code, _ weight: Int
    ) -> Reason? {
        let same = peer.disclosures.filter { $0.kind == kind && values.contains($0.value) }
        guard let disclosure = same.first(where: \.mayBeNamed) ?? same.first else { return nil }
        let text = disclosure.mayBeNamed ? "Shares \(kind.text)\(value(of: disclosure))" : unnamed
        return Reason(code: code, points: weight * 1000, text: text)
    }

    private func value(of disclosure: Disclosure) -> String {
        disclosure.kind.isYesOnly ? "" : " (\(disclosure.value))"
    }
}

extension Disclosure.Kind {
    /// The kind in words, within a sentence.
    var text: String {
        switch self {
        case .lifeStage: "the stage of life"
        case .pathway: "the pathway of recovery"
        case .justice: "experience with the justice system"
        case .substance: "experience with the same substance"
        case .veteran: "service in the armed forces"
        case .lgbtq: "being LGBTQ+"
        case .parent: "being a parent"
        }
    }
}
