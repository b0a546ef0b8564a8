internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let eraseParticipant = Statement(
        "participant.erase",
        """
        update referral.participant
        set version = version + 1, data_key = '', data_key_ring_id = '', given_name = null, family_name = null,
          birth_date = null, phone = null, address = null, identifiers = null, postal_code = null, gender = null,
          phone_is_safe = false, changed_at = $3, erased_at = $3, erased_by = $4
        where agency_id = $1 and participant_id = $2
        """
    )

    static let forgetDigests = Statement(
        "blind_index.forget",
        """
        delete from referral.participant_blind_index
        where agency_id = $1 and participant_id = $2
        """
    )

    static let forgetReceived = Statement(
        "received_resource.forget",
        """
        delete from referral.received_resource
        where agency_id = $1 and participant_id = $2
        """
    )

    static let disableAccountsOf = Statement(
        "account.disable_of_participant",
        """
        update referral.account
        set version = version + 1, disabled_at = coalesce(disabled_at, $3), changed_at = $3
        where agency_id = $1 and participant_id = $2
        """
    )

    static let endSessionsOf = Statement(
        "account_session.end_of_participant",
        """
        update referral.account_session
        set ended_at = $3, ended_by = 'account'
        where agency_id = $1 and ended_at is null
          and account_id in (
            select account_id from referral.account where agency_id = $1 and participant_id = $2)
        """
    )
}

extension Store {
    /// Erases who a locked person is, under all of their ids: the key is thrown away with the names, the digests by which
    /// they were found, and what hospitals sent. Whatever was sealed with it cannot be read any more, here or in a copy that
    /// is made from now on; copies from before keep the key until they are thrown away. The other services are told, so that
    /// what they hold in words goes, too.
    ///
    /// What is counted stays: referrals, engagements, consents, disclosures, under an id that leads to nobody. Somebody who
    /// comes again is new.
    ///
    /// - Throws: ``StoreError`` `stillSupported` while an engagement is open, `stillHoused` while they live in a residence; `Consent.RevocationRefusal` while a consent to
    ///   the criminal justice system stands: under it something would still be told.
    func erase(_ person: StoredPerson, by subject: String, in work: Work) async throws {
        guard !person.isErased else { return }
        let open = try await openEngagements(ofSeveral: person.ids.all, in: work)
        guard open.isEmpty else { throw StoreError(.stillSupported) }
        try await withdrawPlacements(of: person, by: subject, in: work)
        for consent in try await consents(of: person.ids, in: work) where consent.revocation == nil {
            _ = try await revoke(consent.consentID, of: person, by: subject, in: work)
        }
        for id in person.ids.all {
            forget(id, by: subject, in: work)
            try work.publish(ParticipantErased(participantID: id, version: 1, erasedAt: work.now))
        }
    }

    private func forget(_ id: ParticipantID, by subject: String, in work: Work) {
        work.tx.enqueue(.forgetDigests, work.agencyID, id)
        work.tx.enqueue(.forgetReceived, work.agencyID, id)
        // Nobody is asked any more whether what they were linked to holds, and how they are.
        work.tx.enqueue(.dropLinkageChecksOfParticipant, work.agencyID, id)
        work.tx.enqueue(.settleEightWeeksOfParticipant, work.agencyID, id, work.now)
        // Others are named there.
        work.tx.enqueue(.dropReachPlan, work.agencyID, id)
        work.tx.enqueue(.disableAccountsOf, work.agencyID, id, work.now)
        work.tx.enqueue(.endSessionsOf, work.agencyID, id, work.now)
        work.tx.enqueue(.eraseParticipant, work.agencyID, id, work.now, subject)
    }
}
