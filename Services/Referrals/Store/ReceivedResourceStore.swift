internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertReceived = Statement(
        "received_resource.insert",
        """
        insert into referral.received_resource
          (agency_id, partner_id, kind, alias_id, referral_id, participant_id, version, content, received_at)
        values ($1, $2, $3, $4, $5, $6, 1, $7, $8)
        on conflict (agency_id, partner_id, kind, alias_id) do update
        set version = received_resource.version + 1, content = excluded.content, referral_id = excluded.referral_id,
          participant_id = excluded.participant_id, received_at = excluded.received_at
        """
    )

    static let findReceived = Statement(
        "received_resource.find",
        """
        select r.kind, r.alias_id, r.referral_id, r.participant_id, r.version, r.content, r.received_at, p.data_key
        from referral.received_resource as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.partner_id = $2 and r.kind = $3 and r.alias_id = $4
        """
    )

    static let listReceived = Statement(
        "received_resource.list",
        """
        select r.kind, r.alias_id, r.referral_id, r.participant_id, r.version, r.content, r.received_at, p.data_key
        from referral.received_resource as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.partner_id = $2 and r.referral_id = $3
        order by r.kind, r.alias_id
        """
    )
}

/// A resource as a sender sent it, to be kept whole.
struct ReceivedResource: Sendable {
    /// What it is about, which decides its id.
    enum Role: Hashable, Sendable {
        case participant, referral, task
        /// Anything else that came along; it gets an id of its own.
        case other(UUID)
    }

    /// The FHIR resource type.
    let kind: String
    let role: Role
    let content: [UInt8]
}

/// A resource as it was received and kept.
struct StoredResource: Sendable {
    let kind: String
    let aliasID: UUID
    let referralID: ReferralID
    let participantID: ParticipantID
    let version: Int
    let content: [UInt8]
    let receivedAt: Instant
}

extension Store {
    /// Keeps resources under the sender's ids, sealed. A patient who is referred again replaces the earlier copy.
    ///
    /// - Parameters:
    ///   - known: whom the sender's id for the patient stands for; the patient is sealed with their key.
    ///   - key: of the referral's participant, for all else.
    func keep(
        _ resources: [ReceivedResource], of referral: Referral, by known: StoredParticipant, ids: SenderIDs?,
        with key: DataKey, in work: Work
    ) async throws {
        guard let partner = referral.partnerID, let ids else { return }
        for resource in resources {
            let alias =
                switch resource.role {
                case .participant: ids.participantID
                case .referral: ids.referralID
                case .task: ids.taskID
                case .other(let id): id
                }
            let isPatient = resource.role == .participant
            let content = try (isPatient ? known.dataKey : key).seal(resource.content, for: .receivedResource)
            try await work.tx.execute(
                .insertReceived, work.agencyID, partner, resource.kind, alias, referral.referralID,
                isPatient ? known.participantID : referral.participantID, content, work.now
            )
        }
    }

    /// One resource under the partner's id; nil when the partner sent none.
    func received(_ kind: String, _ alias: UUID, of partner: PartnerID, in work: Work) async throws -> StoredResource? {
        try await work.tx.query(.findReceived, work.agencyID, partner, kind, alias).first.map { try read($0, in: work) }
    }

    /// All resources that came with a referral.
    func received(with referral: ReferralID, of partner: PartnerID, in work: Work) async throws -> [StoredResource] {
        try await work.tx.query(.listReceived, work.agencyID, partner, referral).map { try read($0, in: work) }
    }

    func read(_ row: Row, in work: Work) throws -> StoredResource {
        let (kind, alias, referral, participant, version, sealed, receivedAt, wrapped) = try row.decode(
            (String, UUID, ReferralID, ParticipantID, Int, [UInt8], Instant, [UInt8]).self
        )
        let key = try vault.dataKey(wrapped, of: participant, in: work.agencyID)
        return StoredResource(
            kind: kind, aliasID: alias, referralID: referral, participantID: participant, version: version,
            content: try key.open(sealed, from: .receivedResource), receivedAt: receivedAt
        )
    }
}
