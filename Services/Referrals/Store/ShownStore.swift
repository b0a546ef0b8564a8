internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let updateShown = Statement(
        "referral.update_shown",
        """
        update referral.referral
        set shown_version = $3, shown_status = $4, shown_business = $5, shown_at = $6
        where agency_id = $1 and referral_id = $2
        """
    )

    /// Who of a partner that is not disabled is to hear of changes.
    static let findListeners = Statement(
        "partner.find_listeners",
        """
        select webhook_url is not null,
          exists (
            select from referral.outside_server as o
            where o.agency_id = $1 and o.partner_id = $2 and o.task_owner is not null),
          array(
            select s.topic || '/' || s.run || '/' || s.subscription_id
            from referral.subscription as s
            where s.agency_id = $1 and s.partner_id = $2 and s.status = 'active'
            order by s.subscription_id),
          exists (
            select from referral.partner_mail as m
            where m.agency_id = $1 and m.partner_id = $2),
          (
            select m.sent_at
            from referral.partner_mail as m
            where m.agency_id = $1 and m.partner_id = $2)
        from referral.partner
        where agency_id = $1 and partner_id = $2 and status = 'active'
        """
    )
}

/// Who hears of changes of what a partner sent.
struct Listeners: Hashable, Sendable {
    /// Whether the partner's own webhook does.
    var hasWebhook = false
    /// Whether Tasks on the partner's own server may have to be written.
    var hasTasks = false
    var subscriptions: [Listener] = []
    /// Whether somebody there is told by mail, and when one was sent last.
    var hasMail = false
    var mailedAt: Instant?

    init() {}

    init(_ rows: Rows) throws {
        guard let row = rows.first else { return }
        let (hasWebhook, hasTasks, texts, hasMail, mailedAt) = try row.decode(
            (Bool, Bool, [String], Bool, Instant?).self)
        (self.hasWebhook, self.hasTasks) = (hasWebhook, hasTasks)
        (self.hasMail, self.mailedAt) = (hasMail, mailedAt)
        subscriptions = try texts.map { text throws(StoreError) in
            guard let listener = Listener(text) else { throw StoreError(.unknownCode) }
            return listener
        }
    }
}

/// What senders see, and how they hear of it.
extension Store {
    /// What the sender may see now; a referral without a partner has nobody to hide from.
    func senderView(of referral: Referral, _ telling: Telling, at instant: Instant) -> SenderView {
        SenderView(of: referral, under: permit(for: referral, under: telling, at: instant))
    }

    /// What is shown after a change, and whether it moved.
    func shown(
        _ referral: Referral, after before: StoredReferral, _ telling: Telling, at instant: Instant
    ) -> (StoredReferral.Shown, Bool) {
        let view = senderView(of: referral, telling, at: instant)
        let earlier = senderView(of: before.referral, telling, at: instant)
        guard
            !view.looksLike(earlier)
                || (view.status, view.businessStatus) != (before.shown.status, before.shown.business)
        else { return (before.shown, false) }
        return (
            .init(
                version: before.shown.version + 1, status: view.status, business: view.businessStatus, at: instant
            ),
            true
        )
    }

    /// After a consent was given, revoked or has expired, or a merge was decided: each sender is shown what it may see now.
    /// The person is locked.
    ///
    /// The word is queued only where more is shown than before: that something was taken back is not announced.
    func showAgain(_ person: StoredPerson, in work: Work) async throws {
        let telling = try await telling(of: person.ids, in: work)
        for stored in try await referrals(of: person.ids, in: work) where stored.referral.partnerID != nil {
            let key = try person.participant(stored.referral.participantID).dataKey
            let (shown, moved) = shown(stored.referral, after: stored, telling, at: work.now)
            guard moved else { continue }
            try await work.tx.execute(
                .updateShown, work.agencyID, stored.referral.referralID, shown.version, shown.status, shown.business,
                shown.at
            )
            let view = senderView(of: stored.referral, telling, at: work.now)
            try recordShown(shown, view, of: stored.referral, with: key, in: work)
            if view.tellsProgress { try await queueWord(of: stored.referral, view, shown: shown, in: work) }
        }
    }

    /// Queues a webhook that says no more than that something changed. Whether it may be said is asked again when it is
    /// sent.
    ///
    /// - Parameter orderMoved: whether the order is another too: its sender requested it or took it back.
    func queueWord(
        of referral: Referral, _ view: SenderView, shown: StoredReferral.Shown, orderMoved: Bool = false, in work: Work
    ) async throws {
        guard let partner = referral.partnerID else { return }
        let listeners = try Listeners(try await work.tx.query(.findListeners, work.agencyID, partner))
        try queueEvents(listeners, of: referral, view, version: shown.version, orderMoved: orderMoved, in: work)
        if listeners.hasTasks { try await queuePush(of: referral, version: shown.version, in: work) }
        if listeners.hasMail { try queueMail(of: referral, view, to: partner, after: listeners.mailedAt, in: work) }
        guard listeners.hasWebhook else { return }
        let word = TaskChangedWord(
            referralID: referral.referralID, version: shown.version, restsOnConsent: view.tellsProgress
        )
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: partner.description, kind: TaskChangedWord.kind,
                subjectID: referral.referralID.rawValue, payload: JSONB(try JSONValue.text(of: word)),
                idempotencyKey: "\(referral.referralID)/\(shown.version)", notBefore: work.now
            ),
            agency: work.agencyID
        )
    }
}

/// A queued webhook: which referral, at which version of the sender's. The ids that the sender knows it by are put in
/// when it is sent.
struct TaskChangedWord: Codable, Hashable, Sendable {
    static let kind = "task-changed"

    let referralID: ReferralID
    let version: Int
    /// Whether it tells of something that only a consent lets the sender know.
    let restsOnConsent: Bool
}
