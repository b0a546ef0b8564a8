internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What one step of a renewal did.
struct KeyRenewal: Sendable {
    /// The ring's current key when the step began.
    let keyID: String
    var rewrapped = 0
    /// Digests that were added under a new key.
    var indexed = 0
    /// Where the next step begins; nil when everybody is done.
    var next: ParticipantID?
}

extension Store {
    /// Brings an agency's participants under the present keys, some at a time: data keys under the ring's current key,
    /// digests under every version of the index keys and none that has gone. After a whole run past keys of the ring can
    /// be taken out of its file.
    ///
    /// Senders' own numbers are kept as digests only and cannot be made anew: an index key that goes takes with it the
    /// memory of the orders from before its successor.
    func renewKeys(after start: ParticipantID?, atMost limit: Int, in work: Work) async throws -> KeyRenewal {
        let rows = try await work.tx.query(.pageOfParticipants, work.agencyID, start ?? .first, limit)
        var renewal = KeyRenewal(keyID: vault.ring.currentID)
        for row in rows {
            let participant = try readParticipant(row, in: work)
            renewal.next = participant.participantID
            if participant.isErased { continue }
            if KeyRing.keyID(of: participant.wrappedKey) != renewal.keyID {
                try rewrap(participant, in: work)
                renewal.rewrapped += 1
            }
            let digests = vault.indexKeys.digests(of: participant.identity.indexKeys, in: work.agencyID)
            renewal.indexed += try await index(participant.participantID, digests, in: work)
            work.tx.enqueue(
                .deleteOldBlindIndex, work.agencyID, participant.participantID, vault.indexKeys.versions
            )
            renewal.next = participant.participantID
        }
        if rows.count < limit {
            renewal.next = nil
            try await resealWebhookSecrets(in: work)
            try await resealMails(in: work)
            try await resealDeskSecrets(in: work)
            try await resealSubscriptions(in: work)
            try await resealKept(in: work)
            try await resealServerKeys(in: work)
            try await resealTimeCodes(in: work)
            try await rewrapSuggestions(in: work)
        }
        return renewal
    }

    private func rewrap(_ participant: StoredParticipant, in work: Work) throws {
        let id = participant.participantID
        let rewrapped = try vault.rewrap(participant.wrappedKey, of: id, in: work.agencyID)
        work.tx.enqueue(.rewrapParticipant, work.agencyID, id, rewrapped, KeyRing.keyID(of: rewrapped))
    }
}
