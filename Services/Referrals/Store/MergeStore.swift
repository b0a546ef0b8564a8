internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    static let mergeState = Statement(
        "participant_merge.state",
        """
        select version, into_id
        from referral.participant_merge
        where agency_id = $1 and participant_id = $2
        """
    )

    static let insertMerge = Statement(
        "merge_history.insert",
        """
        insert into referral.merge_history
          (agency_id, participant_id, version, into_id, review_id, merged_at, merged_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        """
    )

    static let endMerge = Statement(
        "merge_history.end",
        """
        update referral.merge_history
        set unmerged_at = $4, unmerged_by = $5
        where agency_id = $1 and participant_id = $2 and version = $3
        """
    )

    /// Each time that one of these was merged into another participant, or another one into one of these.
    static let listMerges = Statement(
        "merge_history.list",
        """
        select participant_id, version, into_id, review_id, merged_at, merged_by, unmerged_at, unmerged_by
        from referral.merge_history
        where agency_id = $1 and participant_id = any($2)
        union
        select participant_id, version, into_id, review_id, merged_at, merged_by, unmerged_at, unmerged_by
        from referral.merge_history
        where agency_id = $1 and into_id = any($2)
        order by merged_at, participant_id
        """
    )

    /// Nobody needs to be asked any more.
    static let decidePairsOf = Statement(
        "identity_review.decide_pairs_of",
        """
        update referral.identity_review
        set decision = 'same', decided_by = $3, decided_at = $4
        where agency_id = $1 and participant_id = any($2) and other_participant_id = any($2)
          and kind = 'pair' and decision is null
        """
    )
}

extension Store {
    /// Makes two participants one person. Nothing of either is rewritten; from this transaction's end on what is kept under
    /// one of them counts for both, here, and in the other services as soon as they hear of it.
    ///
    /// - Parameters:
    ///   - version: of the person who is merged, as the caller saw it; nil takes any.
    ///   - review: the review that was decided so.
    /// - Returns: the one person; unchanged where they are merged so already.
    /// - Throws: ``StoreError`` `notFound`, `stale`, `raced`; `MergeRefusal`.
    func merge(
        _ id: ParticipantID, into remainingID: ParticipantID, expecting version: Int? = nil,
        because review: IdentityReviewID? = nil, by subject: String, in work: Work
    ) async throws -> StoredPerson {
        let (gone, into) = try await lockPeople(id, remainingID, in: work)
        let merging = try MergeSide.merging(
            (id, try await mergeState(of: id, in: work), try await side(gone, in: work)),
            into: (remainingID, try await side(into, in: work)))
        guard let state = merging else { return into }
        if let version, gone.version != version { throw StoreError(.stale) }
        let event = ParticipantMerged(
            participantID: id, intoID: remainingID, version: state.version, mergedAt: work.now)
        try await ParticipantMerges.save(event, in: work.tx, of: work.agencyID)
        try work.publish(event)
        work.tx.enqueue(.insertMerge, work.agencyID, id, state.version, remainingID, review, work.now, subject)
        let person = StoredPerson(
            into.remaining.touched,
            merged: (into.merged + [gone.remaining.touched]).sorted { $0.participantID < $1.participantID })
        work.tx.enqueue(.touchParticipants, work.agencyID, [id, remainingID], work.now)
        work.tx.enqueue(.decidePairsOf, work.agencyID, person.ids.all, subject, work.now)
        try await showAgain(person, in: work)
        return person
    }

    /// Makes a participant somebody of their own again, with all that is kept under their id. What came to the person during
    /// the merge is kept under the id of the one who remained, and stays there.
    ///
    /// - Returns: the participant; unchanged where that has happened already.
    /// - Throws: ``StoreError`` `notFound`, `stale`, `raced`; `MergeRefusal`.
    func unmerge(
        _ id: ParticipantID, expecting version: Int? = nil, by subject: String, in work: Work
    ) async throws -> StoredPerson {
        let person = try await lockPerson(id, in: work)
        let before = try await mergeState(of: id, in: work)
        var state = before
        guard try state.unmerge() else { return person }
        guard !person.isErased else { throw MergeRefusal.erased }
        if let version, person.version != version { throw StoreError(.stale) }
        let fromID = person.ids.remaining
        let event = ParticipantUnmerged(
            participantID: id, fromID: fromID, version: state.version, unmergedAt: work.now)
        try await ParticipantMerges.save(event, in: work.tx, of: work.agencyID)
        try work.publish(event)
        work.tx.enqueue(.endMerge, work.agencyID, id, before.version, work.now, subject)
        work.tx.enqueue(.touchParticipants, work.agencyID, [id, fromID], work.now)
        let alone = StoredPerson(try person.participant(id).touched)
        let rest = StoredPerson(person.remaining.touched, merged: person.merged.filter { $0.participantID != id })
        for each in [alone, rest] { try await showAgain(each, in: work) }
        return alone
    }

    /// Each time that a person was merged with somebody, the oldest first, whether or not it was taken back.
    func merges(of person: PersonIDs, in work: Work) async throws -> [StoredMerge] {
        try await work.tx.query(.listMerges, work.agencyID, person.all).map { row in
            StoredMerge(
                participantID: try row.column("participant_id"), version: try row.column("version"),
                intoID: try row.column("into_id"), reviewID: try row.column("review_id"),
                mergedAt: try row.column("merged_at"), mergedBy: try row.column("merged_by"),
                unmergedAt: try row.column("unmerged_at"), unmergedBy: try row.column("unmerged_by"))
        }
    }

    private func mergeState(of id: ParticipantID, in work: Work) async throws -> MergeState {
        guard let row = try await work.tx.query(.mergeState, work.agencyID, id).first else { return .never }
        let (version, intoID) = try row.decode((Int, ParticipantID?).self)
        return MergeState(version: version, intoID: intoID)
    }

    private func side(_ person: StoredPerson, in work: Work) async throws -> MergeSide {
        let open = try await openEngagements(ofSeveral: person.ids.all, in: work)
        return MergeSide(
            person.ids, isErased: person.isErased, isDispatching: open.contains { $0.isDispatching(at: work.now) })
    }
}

/// One time that a participant was merged into another one.
struct StoredMerge: Sendable {
    let participantID: ParticipantID
    let version: Int
    /// Who remained.
    let intoID: ParticipantID
    let reviewID: IdentityReviewID?
    let mergedAt: Instant
    let mergedBy: String
    let unmergedAt: Instant?
    let unmergedBy: String?
}

extension StoredParticipant {
    /// After ``Postgres/Statement/touchParticipants``.
    fileprivate var touched: StoredParticipant {
        StoredParticipant(
            participantID: participantID, version: version + 1, identity: identity, dataKey: dataKey,
            wrappedKey: wrappedKey)
    }
}
