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
    /// Behind whose id the sender's own one stands: not always that of the one who remained when the referral came.
    let knownAs: ParticipantID

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
        return try await work.tx.query(.loadReferrals, work.agencyID, ids).map { try read($0, in: work.agencyID) }
    }

    /// Open referrals whose contact plan has ended, the latest first. The end of a plan closes no loop: whether the need
    /// was met is for a person to say.
    func listAwaitingClosing(page: ListPage, in work: Work) async throws -> [StoredReferral] {
        let rows = try await work.tx.query(.listAwaitingClosing, work.agencyID, page.before ?? .last, page.limit)
        return try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work).reversed()
    }

    /// All referrals of a person, oldest first.
    func referrals(of person: PersonIDs, in work: Work) async throws -> [StoredReferral] {
        let rows = try await work.tx.query(.referralsOfPerson, work.agencyID, person.all)
        return try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work)
    }

    /// A page of a person's referrals, the latest first.
    func referrals(of person: PersonIDs, page: ListPage, in work: Work) async throws -> [StoredReferral] {
        let rows = try await work.tx.query(
            .pageOfPerson, work.agencyID, person.all, page.before ?? .last, page.limit)
        return try await load(try rows.map { try $0.decode(ReferralID.self) }, in: work).reversed()
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

    /// A row of the columns that ``Postgres/Statement/loadReferrals`` names, in their order.
    ///
    /// The participant's data key is opened only where something is sealed with it: most referrals carry no text.
    func read(_ row: Row, in agency: AgencyID) throws -> StoredReferral {
        let participantID: ParticipantID = try row.value(2)
        let callback: [UInt8]? = try row.value(12)
        let reason: [UInt8]? = try row.value(15)
        var (openCallback, openReason): (String?, String?) = (nil, nil)
        if callback != nil || reason != nil {
            let key = try vault.dataKey(try row.value(27), of: participantID, in: agency)
            openCallback = try key.open(callback, from: .callback)
            openReason = try key.open(reason, from: .statusReason)
        }
        let request = ReferralRequest(
            setting: try row.value(6), priority: try row.value(7), programme: try row.value(8), callback: openCallback,
            languages: try row.value(9), peerGenderWish: try row.value(10), takesMedication: try row.value(11),
            releaseOn: try row.value(29)
        )
        let referral = Referral(
            stored: .init(
                referralID: try row.value(0), participantID: participantID, partnerID: try row.value(4),
                request: request, receivedAt: try row.value(18), version: try row.value(1), status: try row.value(13),
                businessStatus: try row.value(14), statusReason: openReason,
                wasCancelledBySender: try row.value(16), closingReason: try row.value(17),
                engagementID: try row.value(3), acceptedAt: try row.value(19), closedAt: try row.value(20),
                completedAt: try row.value(30),
                changedAt: try row.value(21), businessChangedAt: try row.value(22)
            )
        )
        return StoredReferral(
            referral: referral, clientID: try row.value(5),
            shown: .init(
                version: try row.value(23), status: try row.value(24), business: try row.value(25),
                at: try row.value(26)
            ),
            knownAs: try row.value(28, as: ParticipantID?.self) ?? participantID
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
