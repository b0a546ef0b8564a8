internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    /// What waits for a person already is not asked twice.
    static let insertIdentityReview = Statement(
        "identity_review.insert",
        """
        insert into referral.identity_review
          (agency_id, review_id, kind, participant_id, other_participant_id, referral_id, policy_version, score,
           agreement, found_at, decision, decided_by, decided_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (agency_id, participant_id) where kind = 'contradiction' and decision is null do nothing
        """
    )

    static let listOpenIdentityReviews = Statement(
        "identity_review.list_open",
        """
        select review_id, kind, participant_id, other_participant_id, referral_id, policy_version, score, agreement,
          found_at, decision, decided_by, decided_at
        from referral.identity_review
        where agency_id = $1 and decision is null and review_id < $2
        order by review_id desc
        limit $3
        """
    )

    static let listIdentityReviewsOf = Statement(
        "identity_review.list_of_participant",
        """
        select review_id, kind, participant_id, other_participant_id, referral_id, policy_version, score, agreement,
          found_at, decision, decided_by, decided_at
        from referral.identity_review
        where agency_id = $1 and participant_id = any($2) and review_id < $3
        union
        select review_id, kind, participant_id, other_participant_id, referral_id, policy_version, score, agreement,
          found_at, decision, decided_by, decided_at
        from referral.identity_review
        where agency_id = $1 and other_participant_id = any($2) and review_id < $3
        order by review_id desc
        limit $4
        """
    )

    static let participantsOfReview = Statement(
        "identity_review.participants",
        """
        select participant_id, other_participant_id
        from referral.identity_review
        where agency_id = $1 and review_id = $2
        """
    )

    static let lockIdentityReview = Statement(
        "identity_review.lock",
        """
        select review_id, kind, participant_id, other_participant_id, referral_id, policy_version, score, agreement,
          found_at, decision, decided_by, decided_at
        from referral.identity_review
        where agency_id = $1 and review_id = $2
        for no key update
        """
    )

    static let decideIdentityReview = Statement(
        "identity_review.decide",
        """
        update referral.identity_review
        set decision = $3, decided_by = $4, decided_at = $5
        where agency_id = $1 and review_id = $2
        """
    )
}

extension Store {
    /// Keeps what was found. The referral that brought it up is stored before it.
    func record(_ review: IdentityReview, in work: Work) {
        work.tx.enqueue(
            .insertIdentityReview, work.agencyID, review.reviewID, review.kind, review.participantID, review.otherID,
            review.referralID, review.policyVersion, review.score, review.agreement, review.foundAt,
            review.decided?.decision, review.decided?.by, review.decided?.at
        )
    }

    /// Reviews that wait for a decision, the latest first; or all that concern one person.
    func identityReviews(
        of participant: ParticipantID?, before: IdentityReviewID?, atMost limit: Int, in work: Work
    ) async throws -> [IdentityReview] {
        let start = before ?? .last
        let rows =
            if let participant {
                try await work.tx.query(
                    .listIdentityReviewsOf, work.agencyID,
                    try await ParticipantMerges.group(of: participant, in: work.tx, of: work.agencyID), start, limit)
            } else {
                try await work.tx.query(.listOpenIdentityReviews, work.agencyID, start, limit)
            }
        return try rows.map { try IdentityReview(row: $0) }
    }

    /// A person decides about a review. Two who are the same are merged in the same transaction.
    ///
    /// - Parameter remaining: one of the two, who remains; nil lets the older one remain.
    /// - Returns: the review, and all ids of whom it concerns.
    /// - Throws: ``StoreError`` `notFound`; `IdentityReview.Refusal`, `MergeRefusal`.
    func decide(
        _ id: IdentityReviewID, _ decision: IdentityReview.Decision, remaining: ParticipantID? = nil,
        by subject: String, in work: Work
    ) async throws -> (IdentityReview, Set<ParticipantID>) {
        guard let row = try await work.tx.query(.participantsOfReview, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        let (participant, other) = try row.decode((ParticipantID, ParticipantID?).self)
        // The people before the review, as where they are merged without one.
        var pair: (PersonIDs, PersonIDs)?
        if let other {
            let (one, another) = try await lockPeople(participant, other, in: work)
            pair = (one.ids, another.ids)
        }
        guard let locked = try await work.tx.query(.lockIdentityReview, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        var review = try IdentityReview(row: locked)
        let areMerged = pair.map { $0 == $1 } ?? false
        if try review.decide(decision, areMerged: areMerged, by: subject, at: work.now) {
            try await work.tx.execute(
                .decideIdentityReview, work.agencyID, id, review.decided?.decision, review.decided?.by,
                review.decided?.at
            )
            if let pair, decision == .same, !areMerged {
                try await merge(pair, remaining: remaining, because: id, by: subject, in: work)
            }
        }
        return (review, Set(pair.map { $0.all + $1.all } ?? [participant]))
    }

    private func merge(
        _ pair: (PersonIDs, PersonIDs), remaining wished: ParticipantID?, because review: IdentityReviewID,
        by subject: String, in work: Work
    ) async throws {
        var remaining = PersonIDs.older(of: pair.0, pair.1)
        if let wished {
            guard let side = [pair.0, pair.1].first(where: { $0.contains(wished) }) else {
                throw Faults([Fault("/remainingID", "one of the two")])
            }
            remaining = side
        }
        let gone = remaining == pair.0 ? pair.1 : pair.0
        _ = try await merge(gone.remaining, into: remaining.remaining, because: review, by: subject, in: work)
    }
}

extension IdentityReview {
    fileprivate init(row: Row) throws {
        let decision: Decision? = try row.column("decision")
        let (by, at): (String?, Instant?) = (try row.column("decided_by"), try row.column("decided_at"))
        var decided: Decided?
        if let decision, let by, let at { decided = Decided(decision, by: by, at: at) }
        self.init(
            reviewID: try row.column("review_id"), kind: try row.column("kind"),
            participantID: try row.column("participant_id"), otherID: try row.column("other_participant_id"),
            referralID: try row.column("referral_id"), policyVersion: try row.column("policy_version"),
            score: try row.column("score"), agreement: try row.column("agreement"),
            foundAt: try row.column("found_at"), decided: decided
        )
    }
}
