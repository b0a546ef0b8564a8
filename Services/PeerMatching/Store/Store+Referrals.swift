internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

extension Store {
    /// Keeps what matching needs of an accepted referral; false when it is known already.
    func insert(_ referral: ReferralAccepted) async throws -> Bool {
        try await transaction.execute(
            ReferralStatements.insert, agencyID, referral.referralID, referral.participantID, referral.setting,
            referral.priority, referral.programme, referral.partnerID, referral.languages, referral.peerGenderWish,
            referral.takesMedication, referral.receivedAt, referral.acceptedAt, referral.version ?? 1) == 1
    }

    /// Keeps what is known now of what is asked for; from the next ranking on it counts.
    func detail(_ event: ReferralDetailed) async throws {
        _ = try await transaction.execute(
            ReferralStatements.detail, agencyID, event.referralID, event.languages, event.peerGenderWish,
            event.takesMedication, event.version ?? 0)
    }

    /// Notes which match answers a referral.
    func join(_ referral: ReferralID, to match: MatchID) {
        transaction.enqueue(ReferralStatements.join, agencyID, referral, match, now)
    }

    /// How a referral stopped needing a peer.
    enum ReferralEnd: String {
        case cancelled, closed
    }

    /// Ends a referral; false when it is unknown, ended before, or the message is old.
    func end(_ referral: ReferralID, as end: ReferralEnd, version: Int?) async throws -> Bool {
        try await transaction.execute(
            ReferralStatements.end, agencyID, referral, end.rawValue, version ?? Int(Int32.max)) == 1
    }

    /// The match that answers a referral; nil while there is none.
    func matchID(of referral: ReferralID) async throws -> MatchID? {
        let rows = try await transaction.query(ReferralStatements.findMatch, agencyID, referral)
        guard let row = rows.first else { return nil }
        return try row.column("match_id", as: MatchID?.self)
    }

    /// Weighs who is supported for this referral by the phase of the plan.
    func weigh(_ referral: ReferralID, as weight: Int) async throws {
        _ = try await transaction.execute(ReferralStatements.weigh, agencyID, referral, weight)
    }
}
