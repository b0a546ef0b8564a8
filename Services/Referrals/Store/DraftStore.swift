internal import Models
internal import Postgres
internal import ReferralsDomain

/// Drafts that their senders finish.
extension Store {
    /// A draft that is sent again as finished is a request to be worked on, with the consents and the resources that come
    /// with it this time; it must not stay lying.
    ///
    /// - Returns: the referral; as it is now where another request was faster.
    /// - Throws: ``StoreError`` `notFound`, `consentDeficient`, `raced`; ``Referral/Refusal``.
    func finish(_ draft: TakenIn, as intake: Intake, in work: Work) async throws -> TakenIn {
        let referral = draft.stored.referral
        guard let partner = referral.partnerID else { return draft }
        let person = try await lockPerson(referral.participantID, in: work)
        guard let current = try await sent(referral.referralID, by: partner, in: work), let ids = current.senderIDs,
            let known = try await participant(current.stored.knownAs, in: work)
        else { throw StoreError(.notFound) }
        guard current.stored.referral.status == .draft, !person.isErased else { return current }
        try await add(intake.consents, of: person, by: intake.subject, in: work)
        try await keep(
            intake.resources, of: referral, by: known, ids: ids,
            with: try person.participant(referral.participantID).dataKey, in: work)
        let actor = Referral.Actor(.requester, intake.subject)
        return try await changeSent(ids.taskID, .task, by: partner, expecting: nil, in: work) { current, id in
            try current.request(id, by: actor, at: work.now)
        }
    }

    /// Records those of a sender's consents that are new; the person is locked.
    func add(
        _ drafts: [ConsentDraft], of person: StoredPerson, by subject: String, in work: Work
    ) async throws {
        let earlier = try await consents(of: person.ids, in: work)
        var isMore = false
        for draft in drafts {
            let consent = draft.consent(ids.new(), person.ids.remaining)
            guard consent.deficiencies.isEmpty else { throw StoreError(.consentDeficient) }
            // What came with the draft is recorded, and may have been taken back since: the paper does not revive it.
            guard !earlier.contains(where: { $0.saysTheSame(as: consent) }) else { continue }
            let named = try await partner(namedBy: consent, in: work)
            try insert(consent, naming: named, recordedBy: subject, in: work)
            isMore = true
        }
        if isMore { try await showAgain(person, in: work) }
    }
}
