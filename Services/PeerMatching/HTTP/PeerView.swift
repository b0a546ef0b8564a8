internal import Models
internal import PeerMatchingDomain

/// A peer as it is shown. What peers keep to themselves is shown to themselves and to supervisors only.
struct PeerView: Encodable {
    let peerID: PeerID
    let displayName: String
    let status: Peer.Status
    let languages: [LanguageTag]
    let gender: String?
    let areas: [String]
    let supportsMedicationOn: CivilDate?
    let caseload: Int
    let caseloadCap: Int
    let weightedLoad: Int
    let pausedUntil: Instant?
    let credentials: [CredentialView]
    let disclosures: [DisclosureBody]?
    let sceneOptOuts: [String]?
    let recoverySinceOn: CivilDate?
    let outOfJusticeSinceOn: CivilDate?
    let version: Int

    struct CredentialView: Encodable {
        let kind: String
        let issuer: String
        let number: String?
        let issuedOn: CivilDate
        let expiresOn: CivilDate?
        let isVerified: Bool
        let isValid: Bool
    }

    init(_ peer: Peer, to viewer: Viewer, on today: CivilDate) {
        let (profile, terms) = (peer.profile, peer.terms)
        let isPrivate = viewer == .coordinator
        peerID = peer.id
        displayName = terms.displayName
        status = terms.status
        languages = profile.languages
        gender = profile.gender
        areas = profile.areas
        supportsMedicationOn = profile.supportsMedicationOn
        caseload = peer.caseload
        caseloadCap = terms.caseloadCap
        weightedLoad = peer.weightedLoad
        pausedUntil = terms.pausedUntil
        credentials = terms.credentials.map { credential in
            CredentialView(
                kind: credential.kind, issuer: credential.issuer, number: credential.number,
                issuedOn: credential.issuedOn, expiresOn: credential.expiresOn,
                isVerified: credential.verifiedBy != nil, isValid: credential.isValid(on: today))
        }
        disclosures = isPrivate ? nil : profile.disclosures.map(DisclosureBody.init)
        sceneOptOuts = isPrivate ? nil : profile.sceneOptOuts
        recoverySinceOn = isPrivate ? nil : profile.recoverySinceOn
        outOfJusticeSinceOn = isPrivate ? nil : profile.outOfJusticeSinceOn
        version = peer.version
    }
}
