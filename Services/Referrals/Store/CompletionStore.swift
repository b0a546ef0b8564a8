internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let completeReferral = Statement(
        "referral.complete",
        """
        update referral.referral
        set languages = $3, peer_gender_wish = $4, takes_medication = $5, callback = $6, release_on = $7,
          completed_at = $8
        where agency_id = $1 and referral_id = $2
        """
    )
}

extension Store {
    /// Adds to a referral what was not known when it came: to what is asked for, and to who the person is.
    ///
    /// - Parameter check: looks at the referral as it is and throws to refuse.
    /// - Throws: ``StoreError`` `notFound`; `VaultError` `erased`; ``Referral/Refusal``; what `check` throws.
    func complete(
        _ id: ReferralID, with details: RequestDetails, person added: PersonIdentity?, by actor: Referral.Actor,
        in work: Work, check: (StoredReferral) throws -> Void
    ) async throws {
        guard let row = try await work.tx.query(.participantOfReferral, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        // All ids of the person before the referral's own: the same order as everywhere.
        let person = try await lockPerson(try row.decode(ParticipantID.self), in: work)
        guard !person.isErased else { throw VaultError(.erased) }
        let stored = try await change(id, in: work, check: check) { current, _ throws(Referral.Refusal) in
            try current.complete(id, with: details, by: actor, at: work.now)
        }
        guard let added, !added.isEmpty else { return }
        try await complete(person, stored.knownAs, with: added, of: id, in: work)
    }

    /// Adds to the identity of the participant to whom the sender's words led. Whoever is found to be like them is for a person
    /// to look at: each has a referral already, and nothing is joined by itself.
    private func complete(
        _ person: StoredPerson, _ id: ParticipantID, with added: PersonIdentity, of referral: ReferralID, in work: Work
    ) async throws {
        let before = try person.participant(id)
        var identity = before.identity
        guard identity.complete(from: added) else { return }
        var search = PersonSearch(
            identity, vault.indexKeys, largestBlock: matching.policy.largestBlock, in: work.agencyID)
        let questions = search.questions(in: work.agencyID)
        let answers = try await work.tx.together(questions.map(\.0))
        for (question, rows) in zip(questions, answers) { try question.1(rows, &search) }
        let completed = try await complete(before, from: added, search.digests, in: work)
        if id != person.ids.remaining {
            work.tx.enqueue(.touchParticipants, work.agencyID, [person.ids.remaining], work.now)
        }
        var findings: [Recognised.Finding] = []
        for row in search.candidates {
            let other = try readParticipant(row, in: work)
            let match = matching.compare(identity, other.identity)
            guard !person.ids.contains(other.participantID), match.verdict != .different else { continue }
            findings.append(.init(kind: .pair, otherID: other.participantID, match: match))
        }
        if let found = search.found, !person.ids.contains(found), !findings.contains(where: { $0.otherID == found }) {
            findings.append(.init(kind: .pair, otherID: found))
        }
        if search.isCrowded { findings.append(.init(kind: .crowd)) }
        record(
            Recognised(person: person, known: completed, isNew: false, findings: findings), of: referral, in: work)
    }
}
