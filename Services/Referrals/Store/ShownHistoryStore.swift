internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertShownVersion = Statement(
        "shown_version.insert",
        """
        insert into referral.shown_version
          (agency_id, referral_id, version, status, business_status, status_reason, closing_reason, is_bare, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    )

    /// The newest first; a referral that changes more often than that has its oldest versions left out.
    static let listShownVersions = Statement(
        "shown_version.list",
        """
        select version, status, business_status, status_reason, closing_reason, is_bare, at
        from referral.shown_version
        where agency_id = $1 and referral_id = $2
        order by version desc
        limit 500
        """
    )
}

/// What senders were shown, version by version.
extension Store {
    /// Keeps what a sender is shown from now on. A referral without a partner is shown to nobody.
    func recordShown(
        _ shown: StoredReferral.Shown, _ view: SenderView, of referral: Referral, with key: DataKey, in work: Work
    ) throws {
        guard referral.partnerID != nil else { return }
        let isBare = view.looksLike(SenderView(of: referral, under: nil))
        work.tx.enqueue(
            .insertShownVersion, work.agencyID, referral.referralID, shown.version, view.status, view.businessStatus,
            try key.seal(view.statusReason, for: .shownReason), view.closingReason, isBare, shown.at
        )
    }

    /// The versions that the sender may see now, the newest first: the first is what a read answers; of the others,
    /// without a consent that is in force, only those that need none.
    ///
    /// A version from before this was kept is not there.
    func shownVersions(of taken: TakenIn, in work: Work) async throws -> [TakenIn] {
        let referral = taken.stored.referral
        guard let participant = try await participant(referral.participantID, in: work) else { return [taken] }
        let rows = try await work.tx.query(.listShownVersions, work.agencyID, referral.referralID)
        let earlier = try rows.compactMap { row -> TakenIn? in
            let (version, status, business, reason, closing, isBare, at) = try row.decode(
                (Int, ReferralStatus, BusinessStatus, [UInt8]?, ClosingReason?, Bool, Instant).self
            )
            guard version < taken.stored.shown.version, isBare || taken.view.tellsProgress else { return nil }
            var stored = taken.stored
            stored.shown = .init(version: version, status: status, business: business, at: at)
            let view = SenderView(
                status: status, businessStatus: business,
                statusReason: try participant.dataKey.open(reason, from: .shownReason), closingReason: closing,
                tellsProgress: taken.view.tellsProgress
            )
            return TakenIn(
                stored: stored, wasKnown: true, view: view, permit: taken.permit, senderIDs: taken.senderIDs,
                consentIDs: [])
        }
        return [taken] + earlier
    }
}
