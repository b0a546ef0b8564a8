internal import Models
internal import Postgres
internal import ReferralsDomain

/// Whom a referral is about, and what was found on the way.
struct Recognised: Sendable {
    let person: StoredPerson
    /// The one of them whom the sender's words led to, and will lead to again: what is learned of the person is kept there,
    /// and the sender's own id stands for that one. A merge that is taken back leaves nothing behind in the other.
    let known: StoredParticipant
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
    /// The person whom a search found; or who it is without doubt, by the weights; or a new one, with the pairs that
    /// somebody is to look at. A known one is locked, and has what this sender adds.
    ///
    /// A new one is written with the transaction's next statement. The unique index decides between two that register the
    /// same name at once: the second one's transaction fails, is tried again (``StoreError/mayRetry(_:)``), and finds the
    /// first one's. Two who are written differently wait for each other before they look (``PersonSearch``).
    func findOrRegister(_ person: PersonIdentity, _ search: PersonSearch, in work: Work) async throws -> Recognised {
        if let id = search.found {
            let found = try await lockPerson(id, in: work)
            let match = matching.compare(person, try found.participant(id).identity)
            return Recognised(
                person: found, known: try await complete(found, id, from: person, search.digests, in: work),
                isNew: false, findings: match.contradictsNumber ? [.init(kind: .contradiction, match: match)] : []
            )
        }
        let candidates = try search.candidates.map { row in
            (stored: try readParticipant(row, in: work), remaining: try row.value(12, as: ParticipantID.self))
        }
        let newcomer = matching.newcomer(person, among: candidates.map(\.stored.identity))
        let matches = IdentityMatch.best(
            of: candidates.map { candidate in
                (
                    candidate: candidate.stored.participantID, person: candidate.remaining,
                    match: matching.compare(newcomer, candidate.stored.identity)
                )
            })
        if let id = IdentityMatch.chosen(of: matches.map { ($0.candidate, $0.match) }) {
            let found = try await lockPerson(id, in: work)
            let before = try found.participant(id)
            let match = matching.compare(newcomer, before.identity)
            // Somebody added to the identity before it was locked.
            guard match.verdict == .same else { throw StoreError(.raced) }
            let completed = try await complete(found, id, from: person, search.digests, in: work)
            // Written so again, the person is found at once.
            if completed.version == before.version {
                _ = try await index(id, search.digests, in: work)
            }
            return Recognised(
                person: found, known: completed, isNew: false, findings: [.init(kind: .join, match: match)])
        }
        let new = try register(person, search.digests, in: work)
        var findings = matches.filter { $0.match.verdict != .different }.map {
            Recognised.Finding(kind: .pair, otherID: $0.candidate, match: $0.match)
        }
        if search.isCrowded { findings.append(.init(kind: .crowd)) }
        return Recognised(person: StoredPerson(new), known: new, isNew: true, findings: findings)
    }

    /// Adds what a sender knows to the participant whom its words led to.
    private func complete(
        _ person: StoredPerson, _ id: ParticipantID, from other: PersonIdentity, _ digests: [BlindIndex], in work: Work
    ) async throws -> StoredParticipant {
        let before = try person.participant(id)
        let completed = try await complete(before, from: other, digests, in: work)
        if completed.version != before.version, id != person.ids.remaining {
            work.tx.enqueue(.touchParticipants, work.agencyID, [person.ids.remaining], work.now)
        }
        return completed
    }

    /// Keeps what was found on the way; after the referral is stored.
    func record(_ recognised: Recognised, of referral: ReferralID, in work: Work) {
        for finding in recognised.findings {
            let review = IdentityReview(
                reviewID: ids.new(), kind: finding.kind, participantID: recognised.known.participantID,
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
