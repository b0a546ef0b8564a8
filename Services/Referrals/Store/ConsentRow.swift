internal import Confidentiality
internal import Models
internal import Postgres
internal import ReferralsDomain

// How a consent stands in its row.

extension Consent.Recipient {
    /// The columns of a recipient.
    var columns: (kind: String, partnerID: PartnerID?, name: String?, onward: String?) {
        switch self {
        case .partner(let id): ("partner", id, nil, nil)
        case .intermediary(let id, let onward): ("intermediary", id, nil, onward)
        case .treatmentPaymentOperations: ("treatment-payment-operations", nil, nil, nil)
        case .named(let name): ("named", nil, name, nil)
        }
    }

    fileprivate init(row: Row) throws {
        let kind: String = try row.column("recipient_kind")
        let partnerID: PartnerID? = try row.column("recipient_partner_id")
        switch (kind, partnerID) {
        case ("partner", .some(let id)): self = .partner(id)
        case ("intermediary", .some(let id)):
            self = .intermediary(id, onward: try row.column("recipient_onward", as: String?.self) ?? "")
        case ("treatment-payment-operations", _): self = .treatmentPaymentOperations
        default: self = .named(try row.column("recipient_name", as: String?.self) ?? kind)
        }
    }
}

extension Consent.Term {
    /// The three columns of a term.
    var columns: (at: Instant?, event: String?, eventAt: Instant?) {
        switch self {
        case .none: (nil, nil, nil)
        case .at(let instant): (instant, nil, nil)
        case .event(let text, let happenedAt): (nil, text, happenedAt)
        }
    }

    fileprivate init(at: Instant?, event: String?, eventAt: Instant?) {
        if let event {
            self = .event(event, happenedAt: eventAt)
        } else {
            self = at.map(Self.at) ?? .none
        }
    }
}

extension Consent {
    init(row: Row) throws {
        let information: [String] = try row.column("information")
        let revokedAt: Instant? = try row.column("revoked_at")
        self.init(
            consentID: try row.column("consent_id"), participantID: try row.column("participant_id"),
            version: try row.column("version"), kind: try Self.kind(try row.column("kind")),
            discloser: try row.column("discloser"),
            // A class that a later version records is one this version never discloses.
            information: Set(information.compactMap(Self.dataClass)), recipient: try Recipient(row: row),
            purpose: try row.column("purpose"), explainsRevocation: try row.column("explains_revocation"),
            expiry: Term(
                at: try row.column("expires_at"), event: try row.column("expiry_event"),
                eventAt: try row.column("expiry_event_at")),
            signature: Signature(
                signer: try row.column("signed_by"), method: try row.column("signature_method"),
                authority: try row.column("signer_authority"), textVersion: try row.column("text_version")),
            signedAt: try row.column("signed_at"), warnsOfRedisclosure: try row.column("warns_of_redisclosure"),
            irrevocableUntil: Term(
                at: try row.column("irrevocable_until"), event: try row.column("irrevocable_event"),
                eventAt: try row.column("irrevocable_event_at")),
            revocation: try revokedAt.map { at in
                // Those that were revoked before the way was asked for came on paper.
                Revocation(
                    at: at, method: try row.column("revocation_method", as: Revocation.Method?.self) ?? .written,
                    recordedBy: try row.column("revoked_by", as: String?.self) ?? "")
            }
        )
    }

    private static func kind(_ text: String) throws -> Kind {
        guard let kind = Kind(rawValue: text) else { throw StoreError(.unknownCode) }
        return kind
    }

    /// `violence` is how the class was written first.
    private static func dataClass(_ text: String) -> DataClass? {
        text == "violence" ? .domesticViolence : DataClass(rawValue: text)
    }
}
