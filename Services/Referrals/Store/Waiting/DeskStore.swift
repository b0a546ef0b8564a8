internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A desk of the agency that wants to hear at once that there is something to do.
enum Desk: String, CaseIterable, PostgresEncodable, PostgresDecodable, Sendable {
    /// Hears of emergencies.
    case privacyOffice = "privacy-office"
    /// Hears of referrals that have waited too long.
    case duty = "duty-desk"

    /// The queue of its words: no partner has such a name, theirs are ids.
    var recipient: String { rawValue }
}

extension Statement {
    static let findDesk = Statement(
        "desk.find",
        """
        select webhook_url, webhook_secret
        from referral.desk
        where agency_id = $1 and desk = $2
        """
    )

    static let saveDesk = Statement(
        "desk.save",
        """
        insert into referral.desk as known (agency_id, desk, version, webhook_url, webhook_secret, changed_at)
        values ($1, $2, 1, $3, $4, $5)
        on conflict (agency_id, desk) do update
        set version = known.version + 1, webhook_url = excluded.webhook_url, webhook_secret = excluded.webhook_secret,
          changed_at = excluded.changed_at
        """
    )

    static let resealDeskSecret = Statement(
        "desk.reseal_secret",
        """
        update referral.desk
        set webhook_secret = $3
        where agency_id = $1 and desk = $2
        """
    )
}

/// A queued word to the privacy office: which emergency, and nothing about anybody.
struct EmergencyWord: Codable, Hashable, Sendable {
    static let kind = "emergency-declared"

    let emergencyID: EmergencyID
}

/// A queued word to the duty desk: which referral has waited too long, for what, and how often this was said.
struct OverdueWord: Codable, Hashable, Sendable {
    static let kind = "referral-overdue"

    let referralID: ReferralID
    let step: Awaited.Step
    let since: Instant
    let reminder: Int
}

extension Store {
    /// Where a desk wants to hear; nil where it has only the lists.
    func desk(_ desk: Desk, in work: Work) async throws -> WebhookTarget? {
        guard let row = try await work.tx.query(.findDesk, work.agencyID, desk).first else { return nil }
        let sealed: [UInt8] = try row.column("webhook_secret")
        return WebhookTarget(
            url: try row.column("webhook_url"), secret: try vault.openDeskSecret(sealed, of: desk, in: work.agencyID))
    }

    /// Sets where a desk hears, with a new secret.
    ///
    /// - Returns: the secret by which it knows that a word comes from here.
    func save(_ desk: Desk, at url: String, in work: Work) async throws -> [UInt8] {
        let secret = WebhookTarget.newSecret()
        try await work.tx.execute(
            .saveDesk, work.agencyID, desk, url, try vault.sealDeskSecret(secret, of: desk, in: work.agencyID),
            work.now)
        return secret
    }

    /// Queues word of an emergency, for an office that has said where it wants it.
    func queueNotice(of emergency: EmergencyID, in work: Work) async throws {
        try await queue(
            EmergencyWord(emergencyID: emergency), EmergencyWord.kind, about: emergency.rawValue,
            once: "emergency/\(emergency)", to: .privacyOffice, in: work)
    }

    /// Queues a reminder, for a desk that has said where it wants it.
    func queue(_ word: OverdueWord, in work: Work) async throws {
        try await queue(
            word, OverdueWord.kind, about: word.referralID.rawValue,
            once: "overdue/\(word.referralID)/\(word.since)/\(word.reminder)", to: .duty, in: work)
    }

    private func queue(
        _ word: some Encodable, _ kind: String, about subject: UUID, once: String, to desk: Desk, in work: Work
    ) async throws {
        guard try await work.tx.query(.findDesk, work.agencyID, desk).first != nil else { return }
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: desk.recipient, kind: kind, subjectID: subject,
                payload: JSONB(try JSONValue.text(of: word)), idempotencyKey: once, notBefore: work.now
            ),
            agency: work.agencyID
        )
    }

    /// Brings the desks' secrets under the ring's current key.
    func resealDeskSecrets(in work: Work) async throws {
        for desk in Desk.allCases {
            guard let row = try await work.tx.query(.findDesk, work.agencyID, desk).first else { continue }
            let sealed: [UInt8] = try row.column("webhook_secret")
            guard KeyRing.keyID(of: sealed) != vault.ring.currentID else { continue }
            let secret = try vault.openDeskSecret(sealed, of: desk, in: work.agencyID)
            work.tx.enqueue(
                .resealDeskSecret, work.agencyID, desk,
                try vault.sealDeskSecret(secret, of: desk, in: work.agencyID))
        }
    }
}
