internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A referral as stored, with what its sender was last shown.
struct StoredReferral: Sendable {
    var referral: Referral
    /// The client through which the partner sent it.
    let clientID: String?
    var shown: Shown

    /// What the sender was last shown. The version is the sender's own: it moves only when what is shown moves, so that
    /// no number tells of progress that may not be told.
    struct Shown: Hashable, Sendable {
        var version: Int
        var status: ReferralStatus
        var business: BusinessStatus
        var at: Instant
    }
}

/// Which page of a list is asked for.
struct ListPage: Sendable {
    /// How many rows; one more than is shown, to know whether there are more.
    var limit: Int
    var before: ReferralID?
}

extension Store {
    /// The referral, or nil when there is none in this agency.
    func referral(_ id: ReferralID, in work: Work) async throws -> StoredReferral? {
        try await load([id], in: work).first
    }

    /// Referrals by id, in the order of their ids.
    func load(_ ids: [ReferralID], in work: Work) async throws -> [StoredReferral] {
        guard !ids.isEmpty else { return [] }
        return try await work.tx.query(.loadReferrals, work.agencyID, ids).map { try read($0, in: work) }
    }

    /// Which of the agency's referrals are listed.
    enum Selection: Hashable, Sendable {
        case all
        case status(ReferralStatus)
        /// Open ones whose contact plan has ended. The end of a plan closes no loop: whether the need was met is for a
        /// person to say.
        case awaitingClosing
    }

    /// The agency's referrals, the latest first.
    func list(_ selection: Selection, page: ListPage, in work: Work) async throws -> [StoredReferral] {
        let before = page.before ?? .last
        let rows =
            switch selection {
            case .all: try await work.tx.query(.listReferrals, work.agencyID, before, page.limit)
            case .status(let status):
                try await work.tx.query(.listReferralsByStatus, work.agencyID, status, before, page.limit)
            case .awaitingClosing:
                try await work.tx.query(.listAwaitingClosing, work.agencyID, before, page.limit)
            }
        return try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work).reversed()
    }

    /// All referrals of a participant, oldest first.
    func referrals(of participant: ParticipantID, in work: Work) async throws -> [StoredReferral] {
        let rows = try await work.tx.query(.referralsOfParticipant, work.agencyID, participant)
        return try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work)
    }

    /// Each change of a referral, oldest first.
    func history(of referral: Referral, in work: Work) async throws -> [Referral.Change] {
        guard let participant = try await participant(referral.participantID, in: work) else { return [] }
        return try await work.tx.query(.listTransitions, work.agencyID, referral.referralID).map { row in
            let (version, from, to, business, reason, party, actor, at) = try row.decode(
                (
                    Int, ReferralStatus?, ReferralStatus, BusinessStatus, [UInt8]?, Referral.Party, String, Instant
                ).self
            )
            return Referral.Change(
                version: version, from: from, to: to, business: business,
                reason: try participant.dataKey.open(reason, from: .transitionReason), by: .init(party, actor), at: at
            )
        }
    }

    private func read(_ row: Row, in work: Work) throws -> StoredReferral {
        let participantID: ParticipantID = try row.column("participant_id")
        let key = try vault.dataKey(try row.column("data_key"), of: participantID, in: work.agencyID)
        let request = ReferralRequest(
            setting: try row.column("setting"), priority: try row.column("priority"),
            programme: try row.column("programme"),
            callback: try key.open(try row.column("callback"), from: .callback),
            languages: try row.column("languages"), peerGenderWish: try row.column("peer_gender_wish"),
            takesMedication: try row.column("takes_medication")
        )
        let referral = Referral(
            stored: .init(
                referralID: try row.column("referral_id"), participantID: participantID,
                partnerID: try row.column("partner_id"), request: request, receivedAt: try row.column("received_at"),
                version: try row.column("version"), status: try row.column("status"),
                businessStatus: try row.column("business_status"),
                statusReason: try key.open(try row.column("status_reason"), from: .statusReason),
                wasCancelledBySender: try row.column("cancelled_by_sender"),
                closingReason: try row.column("closing_reason"), engagementID: try row.column("engagement_id"),
                acceptedAt: try row.column("accepted_at"), closedAt: try row.column("closed_at"),
                changedAt: try row.column("changed_at"), businessChangedAt: try row.column("business_changed_at")
            )
        )
        return StoredReferral(
            referral: referral, clientID: try row.column("client_id"),
            shown: .init(
                version: try row.column("shown_version"), status: try row.column("shown_status"),
                business: try row.column("shown_business"), at: try row.column("shown_at")
            )
        )
    }
}

extension ID {
    /// Greater than all other ids: where a list that counts down begins.
    static var last: ID {
        ID(rawValue: .init(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)))
    }
    /// Smaller than all other ids.
    static var first: ID { ID(rawValue: .init(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
}
