internal import Confidentiality
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// Who a person is.
struct ParticipantView: Encodable {
    /// Who remains, whichever id was asked for.
    let participantID: ParticipantID
    /// All ids of somebody into whom others were merged.
    let participantIDs: [ParticipantID]?
    let givenName: String?
    let familyName: String?
    let birthDate: CivilDate?
    let phone: String?
    let phoneIsSafe: Bool?
    let address: String?
    let postalCode: String?
    let gender: AdministrativeGender?
    let identifiers: [PersonIdentity.Identifier]?
    let version: Int

    /// The fields that remain under the permit: no more than the purpose needs (42 CFR 2.13(a)).
    init(_ person: StoredPerson, within permit: Permit) {
        let identity = person.identity
        participantID = person.ids.remaining
        participantIDs = person.ids.isAlone ? nil : person.ids.all.sorted()
        givenName = permit.allows(.name) ? identity.givenName : nil
        familyName = permit.allows(.name) ? identity.familyName : nil
        phone = permit.allows(.phone) ? identity.phone : nil
        phoneIsSafe = permit.allows(.phone) ? identity.phoneIsSafe : nil
        birthDate = permit.allows(.birthDate) ? identity.birthDate : nil
        address = permit.allows(.address) ? identity.address : nil
        identifiers = permit.allows(.identifiers) ? identity.identifiers : nil
        postalCode = permit.allows(.address) ? identity.postalCode : nil
        gender = permit.allows(.gender) ? identity.gender : nil
        version = person.version
    }
}

/// A consent as recorded.
struct ConsentView: Encodable {
    struct RecipientView: Encodable {
        let kind: String
        let partnerID: PartnerID?
        let name: String?
        let onward: String?
    }

    let consentID: ConsentID
    let participantID: ParticipantID
    let kind: Consent.Kind
    let discloser: String
    let information: [String]
    let recipient: RecipientView
    let purpose: Consent.Purpose
    let explainsRevocation: Bool
    let warnsOfRedisclosure: Bool
    let expiresAt: Instant?
    let expiryEvent: String?
    let expiredAt: Instant?
    let signedBy: Consent.Signature.Signer
    let signatureMethod: Consent.Signature.Method
    let signerAuthority: String?
    let textVersion: String?
    let signedAt: Instant
    let irrevocableUntil: Instant?
    let irrevocableUntilEvent: String?
    let revokedAt: Instant?
    let revocationMethod: Consent.Revocation.Method?
    let isActive: Bool
    let version: Int

    init(_ consent: Consent, at instant: Instant) {
        consentID = consent.consentID
        participantID = consent.participantID
        kind = consent.kind
        discloser = consent.discloser
        information = consent.information.map(\.rawValue).sorted()
        let columns = consent.recipient.columns
        recipient = RecipientView(
            kind: columns.kind, partnerID: columns.partnerID, name: columns.name, onward: columns.onward)
        purpose = consent.purpose
        explainsRevocation = consent.explainsRevocation
        warnsOfRedisclosure = consent.warnsOfRedisclosure
        expiresAt = if case .at(let instant) = consent.expiry { instant } else { nil }
        (expiryEvent, expiredAt) =
            if case .event(let text, let happenedAt) = consent.expiry { (text, happenedAt) } else { (nil, nil) }
        signedBy = consent.signature.signer
        signatureMethod = consent.signature.method
        signerAuthority = consent.signature.authority
        textVersion = consent.signature.textVersion
        signedAt = consent.signedAt
        irrevocableUntil = consent.irrevocableUntil.instant
        irrevocableUntilEvent = if case .event(let text, _) = consent.irrevocableUntil { text } else { nil }
        revokedAt = consent.revocation?.at
        revocationMethod = consent.revocation?.method
        isActive = consent.isActive(at: instant)
        version = consent.version
    }
}
