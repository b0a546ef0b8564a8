internal import Models
internal import Postgres
internal import SchedulingDomain

/// What scheduling knows of referrals: the projection of their matches, cancellations and closings.
enum ReferralMatchStore {
    /// What is known of one referral.
    struct Known: Sendable {
        var planID: PlanID?
        var matchID: MatchID?
        var matchVersion: Int?
        var setting: Setting?
        var acceptedAt: Instant?
        var arrivedAt: Instant?
        var cancelledAt: Instant?

        /// Whether a match is one that was seen already, or older than the one that is stored.
        func isPast(_ match: MatchAccepted) -> Bool {
            guard let matchID, let acceptedAt else { return false }
            // Versions count within one match; between two of them time decides.
            guard matchID == match.matchID, let matchVersion, let version = match.version else {
                return match.acceptedAt < acceptedAt
            }
            return version <= matchVersion
        }
    }

    /// The referral's row, held to the end of the transaction; nil where nothing was heard of it.
    static func find(_ id: ReferralID, in work: UnitOfWork) async throws -> Known? {
        guard let row = try await work.transaction.query(find, id).first else { return nil }
        let (planID, matchID, matchVersion, setting, acceptedAt, arrivedAt, cancelledAt) = try row.decode(
            (PlanID?, MatchID?, Int?, Setting?, Instant?, Instant?, Instant?).self
        )
        return Known(
            planID: planID, matchID: matchID, matchVersion: matchVersion, setting: setting, acceptedAt: acceptedAt,
            arrivedAt: arrivedAt, cancelledAt: cancelledAt
        )
    }

    /// Takes over a match, unless a newer one is stored.
    static func save(_ match: MatchAccepted, planID: PlanID, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            saveMatch, work.agencyID, match.referralID, match.participantID, match.matchID, match.peerID,
            match.version, match.kind, match.setting, match.programme, planID, match.acceptedAt
        )
    }

    /// A referral whose plan was started by hand.
    static func save(_ plan: ContactPlan, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            savePlan, work.agencyID, plan.referralID, plan.participantID, plan.programme, plan.id
        )
    }

    static func arrived(_ referralID: ReferralID, of participantID: ParticipantID, at: Instant, in work: UnitOfWork)
        async throws
    {
        try await work.transaction.execute(saveArrival, work.agencyID, referralID, participantID, at)
    }

    static func cancelled(_ referral: ReferralCancelled, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            saveCancellation, work.agencyID, referral.referralID, referral.participantID, referral.cancelledAt
        )
    }

    static func closed(_ referral: ReferralClosed, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            saveClosing, work.agencyID, referral.referralID, referral.participantID, referral.closedAt, referral.reason
        )
    }

    /// The referrals that hear of a plan: the one that it began with, and those that joined it.
    static func referrals(of plan: ContactPlan, in work: UnitOfWork) async throws -> [ReferralID] {
        let joined = try await work.transaction.query(referralsOfPlan, plan.id).map { try $0.decode(ReferralID.self) }
        return [plan.referralID] + joined.filter { $0 != plan.referralID }
    }

    /// Whether a plan still has a referral that was not taken back.
    static func anyStands(for planID: PlanID, in work: UnitOfWork) async throws -> Bool {
        let rows = try await work.transaction.query(anyStands, planID)
        return try rows.first?.decode(Bool.self) ?? false
    }

    static let anyStands = Statement(
        "referral_match.any_stands",
        """
        select exists (select from scheduling.referral_match where plan_id = $1 and cancelled_at is null)
        """
    )

    static let find = Statement(
        "referral_match.find",
        """
        select plan_id, match_id, match_version, setting, accepted_at, arrived_at, cancelled_at
        from scheduling.referral_match
        where referral_id = $1
        for update
        """
    )

    static let saveMatch = Statement(
        "referral_match.save_match",
        """
        insert into scheduling.referral_match (
            agency_id, referral_id, participant_id, match_id, peer_id, match_version, kind, setting, programme,
            plan_id, accepted_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (agency_id, referral_id) do update
        set match_id = excluded.match_id, peer_id = excluded.peer_id, match_version = excluded.match_version,
            kind = excluded.kind, setting = excluded.setting, programme = excluded.programme,
            plan_id = excluded.plan_id, accepted_at = excluded.accepted_at
        """
    )

    static let savePlan = Statement(
        "referral_match.save_plan",
        """
        insert into scheduling.referral_match (agency_id, referral_id, participant_id, programme, plan_id)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, referral_id) do update
        set programme = excluded.programme, plan_id = excluded.plan_id
        """
    )

    static let saveArrival = Statement(
        "referral_match.save_arrival",
        """
        insert into scheduling.referral_match (agency_id, referral_id, participant_id, arrived_at)
        values ($1, $2, $3, $4)
        on conflict (agency_id, referral_id) do update
        set arrived_at = excluded.arrived_at
        """
    )

    static let saveCancellation = Statement(
        "referral_match.save_cancellation",
        """
        insert into scheduling.referral_match (agency_id, referral_id, participant_id, cancelled_at)
        values ($1, $2, $3, $4)
        on conflict (agency_id, referral_id) do update
        set cancelled_at = excluded.cancelled_at
        """
    )

    static let saveClosing = Statement(
        "referral_match.save_closing",
        """
        insert into scheduling.referral_match (
            agency_id, referral_id, participant_id, closed_at, closing_reason
        )
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, referral_id) do update
        set closed_at = excluded.closed_at, closing_reason = excluded.closing_reason
        """
    )

    static let referralsOfPlan = Statement(
        "referral_match.of_plan",
        """
        select referral_id
        from scheduling.referral_match
        where plan_id = $1
        order by referral_id
        """
    )
}
