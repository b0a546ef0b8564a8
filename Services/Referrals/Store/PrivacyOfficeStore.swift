internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let findPrivacyOffice = Statement(
        "privacy_office.find",
        """
        select version, webhook_url, webhook_secret
        from referral.privacy_office
        where agency_id = $1
        """
    )

    static let savePrivacyOffice = Statement(
        "privacy_office.save",
        """
        insert into referral.privacy_office as known (agency_id, version, webhook_url, webhook_secret, changed_at)
        values ($1, 1, $2, $3, $4)
        on conflict (agency_id) do update
        set version = known.version + 1, webhook_url = excluded.webhook_url, webhook_secret = excluded.webhook_secret,
          changed_at = excluded.changed_at
        """
    )
}

extension Statement {
    static let resealOfficeSecret = Statement(
        "privacy_office.reseal_secret",
        """
        update referral.privacy_office
        set webhook_secret = $2
        where agency_id = $1
        """
    )
}

/// A queued word to the privacy office: which emergency, and nothing about anybody.
struct EmergencyWord: Codable, Hashable, Sendable {
    static let kind = "emergency-declared"
    /// The queue of the office: no partner has such a name, theirs are ids.
    static let recipient = "privacy-office"

    let emergencyID: EmergencyID
}

extension Store {
    /// Where the agency's privacy office hears of emergencies; nil where it only has the list.
    func privacyOffice(in work: Work) async throws -> (url: String, secret: [UInt8])? {
        guard let row = try await work.tx.query(.findPrivacyOffice, work.agencyID).first else { return nil }
        let sealed: [UInt8] = try row.column("webhook_secret")
        return (try row.column("webhook_url"), try vault.openOfficeSecret(sealed, in: work.agencyID))
    }

    /// Sets where the privacy office hears of emergencies, with a new secret.
    ///
    /// - Returns: the secret by which it knows that a word comes from here.
    func savePrivacyOffice(at url: String, in work: Work) async throws -> [UInt8] {
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        try await work.tx.execute(
            .savePrivacyOffice, work.agencyID, url, try vault.sealOfficeSecret(secret, in: work.agencyID), work.now)
        return secret
    }

    /// Queues word of an emergency, for an office that has said where it wants it.
    func queueNotice(of emergency: EmergencyID, in work: Work) async throws {
        guard try await privacyOffice(in: work) != nil else { return }
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: EmergencyWord.recipient, kind: EmergencyWord.kind,
                subjectID: emergency.rawValue,
                payload: JSONB(try JSONValue.text(of: EmergencyWord(emergencyID: emergency))),
                idempotencyKey: "emergency/\(emergency)", notBefore: work.now
            ),
            agency: work.agencyID
        )
    }
}
