internal import Models
internal import ReferralsDomain

/// Whom a referral is about, and what was found on the way.
struct Recognised: Sendable {
    let participant: StoredParticipant
    let isNew: Bool
    /// What a person is to look at, or may want to know; empty for somebody who was simply found, or is like nobody.
    var findings: [Finding] = []

    /// One of them. It becomes a row once the referral is stored.
    struct Finding: Sendable {
        let kind: IdentityReview.Kind
        var otherID: ParticipantID?
        var match: IdentityMatch?
    }
}

extension Store {
    /// The participant whom a search found; or whom the weights say it is without doubt; or a new one, with the pairs that
    /// a person is to look at. A known one is locked, and has what this sender adds.
    ///
    /// A new one is written with the transaction's next statement. The unique index decides between two that register the
    /// same name at once: the second one's transaction fails, is tried again (``StoreError/mayRetry(_:)``), and finds the
    /// first one's. Two who are written differently wait for each other before they look (``PersonSearch``).
    func findOrRegister(_ person: PersonIdentity, _ search: PersonSearch, in work: Work) async throws -> Recognised {
        if let id = search.found {
            let participant = try await lockParticipant(id, in: work)
            let match = matching.compare(person, participant.identity)
            return Recognised(
                participant: try await complete(participant, from: person, search.digests, in: work), isNew: false,
                findings: match.contradictsNumber ? [.init(kind: .contradiction, match: match)] : []
            )
        }
        let candidates = try search.candidates.map { try readParticipant($0, in: work) }
        let newcomer = matching.newcomer(person, among: candidates.map(\.identity))
        let matches = candidates.map { ($0.participantID, matching.compare(newcomer, $0.identity)) }
        if let id = IdentityMatch.chosen(of: matches) {
            let participant = try await lockParticipant(id, in: work)
            let match = matching.compare(newcomer, participant.identity)
            // Somebody added to the identity before it was locked.
            guard match.verdict == .same else { throw StoreError(.raced) }
            let completed = try await complete(participant, from: person, search.digests, in: work)
            // Written so again, the person is found at once.
            if completed.version == participant.version {
                _ = try await index(id, search.digests, in: work)
            }
            return Recognised(participant: completed, isNew: false, findings: [.init(kind: .join, match: match)])
        }
        let new = try register(person, search.digests, in: work)
        var findings = matches.filter { $0.1.verdict != .different }.map { id, match in
            Recognised.Finding(kind: .pair, otherID: id, match: match)
        }
        if search.isCrowded { findings.append(.init(kind: .crowd)) }
        return Recognised(participant: new, isNew: true, findings: findings)
    }

    /// Keeps what was found on the way; after the referral is stored.
    func record(_ recognised: Recognised, of referral: ReferralID, in work: Work) {
        for finding in recognised.findings {
            let review = IdentityReview(
                reviewID: ids.new(), kind: finding.kind, participantID: recognised.participant.participantID,
                otherID: finding.otherID, referralID: referral, policyVersion: matching.policy.version,
                score: finding.match?.score, agreement: finding.match?.agreements.map(\.description) ?? [],
                foundAt: work.now,
                decided: finding.kind == .join ? .init(.same, by: Self.byWeight, at: work.now) : nil
            )
            record(review, in: work)
        }
    }

    /// Who decided where nobody was asked.
    static let byWeight = "identity-matching"
}
