internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    /// Of whom it is not known how they are after eight weeks, in the whole agency.
    static let listEightWeeks = Statement(
        "referral.list_eight_weeks",
        """
        select r.referral_id, r.participant_id, r.accepted_at, r.status,
          (select max(b.version)
          from referral.bedside_visit as b
          where b.agency_id = $1 and b.referral_id = r.referral_id) as bedside_version
        from referral.referral as r
        where r.agency_id = $1 and r.accepted_at is not null and r.eight_weeks_settled_at is null
          and r.status <> 'cancelled' and r.status <> 'entered-in-error' and r.accepted_at <= $2
          and (r.accepted_at, r.referral_id) > ($3, $4)
        order by r.accepted_at, r.referral_id
        limit $5
        """
    )

    /// The same of those whom a peer supports now, under whatever id.
    static let listEightWeeksOfPeer = Statement(
        "referral.list_eight_weeks_of_peer",
        """
        select r.referral_id, r.participant_id, r.accepted_at, r.status,
          (select max(b.version)
          from referral.bedside_visit as b
          where b.agency_id = $1 and b.referral_id = r.referral_id) as bedside_version
        from referral.referral as r
        where r.agency_id = $1 and r.accepted_at is not null and r.eight_weeks_settled_at is null
          and r.status <> 'cancelled' and r.status <> 'entered-in-error' and r.accepted_at <= $2
          and (r.accepted_at, r.referral_id) > ($3, $4)
          and r.participant_id = any(array(
            select unnest(referral.participant_group($1, e.participant_id))
            from referral.engagement as e
            where e.agency_id = $1 and e.peer_id = $6
              and (e.closed_at is null
                or exists (
                  select
                  from referral.plan as p
                  where p.agency_id = $1 and p.engagement_id = e.engagement_id and p.closed_at is null))))
        order by r.accepted_at, r.referral_id
        limit $5
        """
    )
}

/// A referral of which it is not known how the person is.
struct EightWeekReferral: Sendable {
    let referralID: ReferralID
    let participantID: ParticipantID
    let acceptedAt: Instant
    let status: ReferralStatus
    /// On which the answer is written; nil where nothing is written of the visit.
    let bedsideVersion: Int?
}

/// Where a page of the board ended.
struct EightWeekPosition: Sendable {
    var acceptedAt = Instant(microseconds: 0)
    var referralID = ReferralID.first
}

extension Store {
    /// Of whom to ask how they are, those who were accepted first, first.
    ///
    /// - Parameter peer: only those whom this peer supports; nil for the whole agency.
    func eightWeeks(
        of peer: PeerID?, after: EightWeekPosition, atMost limit: Int, in work: Work
    ) async throws -> [EightWeekReferral] {
        let dueSince = bedside.eightWeeks.dueSince(work.now)
        let rows =
            if let peer {
                try await work.tx.query(
                    .listEightWeeksOfPeer, work.agencyID, dueSince, after.acceptedAt, after.referralID, limit, peer)
            } else {
                try await work.tx.query(
                    .listEightWeeks, work.agencyID, dueSince, after.acceptedAt, after.referralID, limit)
            }
        return try rows.map { row in
            EightWeekReferral(
                referralID: try row.column("referral_id"), participantID: try row.column("participant_id"),
                acceptedAt: try row.column("accepted_at"), status: try row.column("status"),
                bedsideVersion: try row.column("bedside_version"))
        }
    }
}
