internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let findMail = Statement(
        "partner_mail.find",
        """
        select m.addresses, m.sent_at
        from referral.partner_mail as m
        join referral.partner as p on p.agency_id = m.agency_id and p.partner_id = m.partner_id
        where m.agency_id = $1 and m.partner_id = $2 and p.status = 'active'
        """
    )

    static let readMail = Statement(
        "partner_mail.read",
        """
        select addresses
        from referral.partner_mail
        where agency_id = $1 and partner_id = $2
        """
    )

    static let saveMail = Statement(
        "partner_mail.save",
        """
        insert into referral.partner_mail (agency_id, partner_id, addresses, changed_at, changed_by)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, partner_id) do update
        set addresses = excluded.addresses, changed_at = excluded.changed_at, changed_by = excluded.changed_by
        """
    )

    static let deleteMail = Statement(
        "partner_mail.delete",
        """
        delete from referral.partner_mail
        where agency_id = $1 and partner_id = $2
        """
    )

    static let raisePartner = Statement(
        "partner.raise_version",
        """
        update referral.partner
        set version = version + 1, changed_at = $3
        where agency_id = $1 and partner_id = $2
        """
    )

    static let mailWasSent = Statement(
        "partner_mail.was_sent",
        """
        update referral.partner_mail
        set sent_at = greatest(sent_at, $3)
        where agency_id = $1 and partner_id = $2
        """
    )

    static let listMails = Statement(
        "partner_mail.list",
        """
        select partner_id, addresses
        from referral.partner_mail
        where agency_id = $1
        for no key update
        """
    )

    static let resealMail = Statement(
        "partner_mail.reseal",
        """
        update referral.partner_mail
        set addresses = $3
        where agency_id = $1 and partner_id = $2
        """
    )
}

/// A queued mail: of which referral's change it tells, which is asked when it goes out. No address stands in it.
struct MailWord: Codable, Hashable, Sendable {
    static let kind = "partner-mail"
    /// From one mail to the next.
    static let pause: Duration = .seconds(15 * 60)

    let partnerID: PartnerID
    let referralID: ReferralID
    /// When it changed.
    let at: Instant
    /// Whether it tells of something that only a consent lets the sender know.
    let restsOnConsent: Bool

    /// The queue of a partner's mails: a mail server that is away holds up no webhook.
    static func queue(of partner: PartnerID) -> String { "mail/\(partner)" }
}

extension Store {
    /// Whom a partner wants to be told by mail, and when one was sent last; nil where nobody is, or it is disabled.
    func mail(
        of partner: PartnerID, in work: Work
    ) async throws -> (addresses: [MailAddress], sentAt: Instant?)? {
        guard let row = try await work.tx.query(.findMail, work.agencyID, partner).first else { return nil }
        let (sealed, sentAt) = try row.decode(([UInt8], Instant?).self)
        return (try addresses(sealed, of: partner, in: work), sentAt)
    }

    /// The addresses as they were set, for who manages them.
    func mailAddresses(of partner: PartnerID, in work: Work) async throws -> [MailAddress] {
        guard let row = try await work.tx.query(.readMail, work.agencyID, partner).first else { return [] }
        return try addresses(try row.decode([UInt8].self), of: partner, in: work)
    }

    /// Says who is told by mail; nobody, where there is no address.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`, `noMailServer`.
    func setMail(
        _ addresses: [MailAddress], of partner: PartnerID, expecting version: Int, by subject: String, in work: Work
    ) async throws {
        _ = try await lockWebhook(of: partner, expecting: version, in: work)
        if addresses.isEmpty {
            try await work.tx.execute(.deleteMail, work.agencyID, partner)
        } else {
            guard hasMailServer else { throw StoreError(.noMailServer) }
            let list = try JSONValue.text(of: addresses.map(\.text))
            try await work.tx.execute(
                .saveMail, work.agencyID, partner, try vault.sealMail(list, of: partner, in: work.agencyID), work.now,
                subject)
        }
        try await work.tx.execute(.raisePartner, work.agencyID, partner, work.now)
    }

    /// Queues a mail, with whatever else happens until then: not sooner than the pause after the last one.
    func queueMail(
        of referral: Referral, _ view: SenderView, to partner: PartnerID, after sentAt: Instant?, in work: Work
    ) throws {
        guard hasMailServer else { return }
        let word = MailWord(
            partnerID: partner, referralID: referral.referralID, at: work.now, restsOnConsent: view.tellsProgress)
        let due = sentAt.map { max($0 + MailWord.pause, work.now) } ?? work.now
        try queue(word, notBefore: due, in: work)
    }

    func queue(_ word: MailWord, notBefore due: Instant, in work: Work) throws {
        let id = ids.uuid()
        work.tx.deliver(
            Delivery(
                id: id, partner: MailWord.queue(of: word.partnerID), kind: MailWord.kind,
                subjectID: word.referralID.rawValue, payload: JSONB(try JSONValue.text(of: word)),
                idempotencyKey: "mail/\(id.uuidString)", notBefore: due
            ),
            agency: work.agencyID
        )
    }

    func mailWasSent(to partner: PartnerID, at instant: Instant, in work: Work) async throws {
        try await work.tx.execute(.mailWasSent, work.agencyID, partner, instant)
    }

    /// Brings the addresses under the ring's current key.
    func resealMails(in work: Work) async throws {
        for row in try await work.tx.query(.listMails, work.agencyID) {
            let (id, sealed) = try row.decode((PartnerID, [UInt8]).self)
            guard KeyRing.keyID(of: sealed) != vault.ring.currentID else { continue }
            let list = try vault.openMail(sealed, of: id, in: work.agencyID)
            work.tx.enqueue(.resealMail, work.agencyID, id, try vault.sealMail(list, of: id, in: work.agencyID))
        }
    }

    private func addresses(_ sealed: [UInt8], of partner: PartnerID, in work: Work) throws -> [MailAddress] {
        let list = try vault.openMail(sealed, of: partner, in: work.agencyID)
        return try JSONValue.decode([String].self, from: list).compactMap { MailAddress($0) }
    }
}
