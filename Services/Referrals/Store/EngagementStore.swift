internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let openEngagements = Statement(
        "engagement.open",
        """
        select engagement_id, participant_id, version, kind, programme, opened_at, settled_at, closed_at, peer_id,
          matched_at
        from referral.engagement
        where agency_id = $1 and participant_id = any($2) and closed_at is null
        order by engagement_id desc
        """
    )

    static let findEngagement = Statement(
        "engagement.find",
        """
        select engagement_id, participant_id, version, kind, programme, opened_at, settled_at, closed_at, peer_id,
          matched_at
        from referral.engagement
        where agency_id = $1 and engagement_id = $2
        """
    )

    static let saveEngagement = Statement(
        "engagement.save",
        """
        insert into referral.engagement
          (agency_id, engagement_id, participant_id, version, kind, programme, opened_at, settled_at, closed_at,
           peer_id, matched_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (agency_id, engagement_id) do update
        set version = excluded.version, settled_at = excluded.settled_at, closed_at = excluded.closed_at,
          peer_id = excluded.peer_id, matched_at = excluded.matched_at
        """
    )

    /// The peer's relationship with a participant: the match of an engagement that is open, or whose plan still runs: the
    /// sender's loop may be closed long before the support ends.
    static let isAssigned = Statement(
        "engagement.is_assigned",
        """
        select exists (
          select
          from referral.engagement as e
          where e.agency_id = $1 and e.participant_id = any(referral.participant_group($1, $3)) and e.peer_id = $2
            and (e.closed_at is null
              or exists (
                select
                from referral.plan as p
                where p.agency_id = e.agency_id and p.engagement_id = e.engagement_id and p.closed_at is null)))
        """
    )
}

extension Store {
    /// The participant's engagements that are not closed, the latest first. Not those of others who are the same person: what
    /// belongs to an engagement is sealed with one key.
    func openEngagements(of participant: ParticipantID, in work: Work) async throws -> [Engagement] {
        try await openEngagements(ofSeveral: [participant], in: work)
    }

    /// The same of several participants.
    func openEngagements(ofSeveral participants: [ParticipantID], in work: Work) async throws -> [Engagement] {
        try await work.tx.query(.openEngagements, work.agencyID, participants).map { try Engagement(row: $0) }
    }

    func engagement(_ id: ReferralID, in work: Work) async throws -> Engagement? {
        try await work.tx.query(.findEngagement, work.agencyID, id).first.map { try Engagement(row: $0) }
    }

    /// Queues the engagement as it is now.
    func save(_ engagement: Engagement, in work: Work) {
        work.tx.enqueue(
            .saveEngagement, work.agencyID, engagement.engagementID, engagement.participantID, engagement.version,
            engagement.kind, engagement.programme, engagement.openedAt, engagement.settledAt, engagement.closedAt,
            engagement.peerID, engagement.matchedAt
        )
    }

    /// Whether this peer supports this participant now, under whatever id.
    func isAssigned(_ peer: PeerID, to participant: ParticipantID, in work: Work) async throws -> Bool {
        let rows = try await work.tx.query(.isAssigned, work.agencyID, peer, participant)
        return try rows.first?.decode(Bool.self) ?? false
    }
}

extension Engagement {
    init(row: Row) throws {
        self.init(
            engagementID: try row.column("engagement_id"), participantID: try row.column("participant_id"),
            kind: try row.column("kind"), programme: try row.column("programme"),
            openedAt: try row.column("opened_at"), version: try row.column("version"),
            settledAt: try row.column("settled_at"), peerID: try row.column("peer_id"),
            matchedAt: try row.column("matched_at"), closedAt: try row.column("closed_at")
        )
    }
}
