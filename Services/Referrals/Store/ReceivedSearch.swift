internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    /// A page of what one partner sent of one type, in the order of its ids.
    static let pageOfReceived = Statement(
        "received_resource.page",
        """
        select r.kind, r.alias_id, r.referral_id, r.participant_id, r.version, r.content, r.received_at, p.data_key
        from referral.received_resource as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.partner_id = $2 and r.kind = $3 and r.alias_id > $4
        order by r.alias_id
        limit $5
        """
    )
}

extension Store {
    /// Resources of one type that a partner sent, behind one of its ids.
    func received(
        _ kind: String, of partner: PartnerID, after alias: UUID, limit: Int, in work: Work
    ) async throws -> [StoredResource] {
        try await work.tx.query(.pageOfReceived, work.agencyID, partner, kind, alias, limit).map {
            try read($0, in: work)
        }
    }

    /// The latest referral of a person whom a partner knows by this id, as the partner may see it; the person is locked.
    func latestReferral(
        of person: StoredPerson, knownAs participant: ParticipantID, by partner: PartnerID, in work: Work
    ) async throws -> TakenIn? {
        let sent = try await referrals(of: person.ids, in: work).filter {
            $0.referral.partnerID == partner && $0.knownAs == participant
        }
        guard let latest = sent.last else { return nil }
        return try await answers([latest], to: partner, in: work).first
    }

    /// Keeps a resource that came after its referral, under an id of its own.
    func keep(
        _ kind: String, _ alias: UUID, _ content: [UInt8], with taken: TakenIn, of person: StoredPerson, in work: Work
    ) async throws {
        let referral = taken.stored.referral
        let participant = try person.participant(referral.participantID)
        try await keep(
            [ReceivedResource(kind: kind, role: .other(alias), content: content)], of: referral, by: participant,
            ids: taken.senderIDs, with: participant.dataKey, in: work)
    }
}
