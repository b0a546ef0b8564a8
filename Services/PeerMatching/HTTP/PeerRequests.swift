internal import Models
internal import PeerMatchingDomain

/// `POST /v1/peers`.
struct CreatePeerRequest: Decodable {
    var displayName: String
    var languages: [LanguageTag]
    var gender: String?
    var areas: [String]?
    var disclosures: [DisclosureBody]?
    var supportsMedicationOn: CivilDate?
    var sceneOptOuts: [String]?
    var recoverySinceOn: CivilDate?
    var outOfJusticeSinceOn: CivilDate?
    var caseloadCap: Int?
    var credentials: [CredentialBody]?

    func peer(_ id: PeerID, by subject: String) -> Peer {
        var profile = Peer.Profile()
        profile.languages = languages
        profile.gender = gender
        profile.areas = areas ?? []
        profile.disclosures = (disclosures ?? []).map(\.disclosure)
        profile.supportsMedicationOn = supportsMedicationOn
        profile.sceneOptOuts = sceneOptOuts ?? []
        profile.recoverySinceOn = recoverySinceOn
        profile.outOfJusticeSinceOn = outOfJusticeSinceOn
        let terms = Peer.Terms(
            displayName: displayName, caseloadCap: caseloadCap ?? 20,
            credentials: (credentials ?? []).map { $0.credential(verifiedBy: subject) })
        return Peer(id: id, profile: profile, terms: terms)
    }
}

/// `PATCH /v1/peers/{peerID}`: a member that is absent stays, one that is null is taken away.
struct ChangePeerRequest: Decodable, Sendable {
    var languages: Change<[LanguageTag]>
    var gender: Change<String>
    var areas: Change<[String]>
    var disclosures: Change<[DisclosureBody]>
    var supportsMedicationOn: Change<CivilDate>
    var sceneOptOuts: Change<[String]>
    var recoverySinceOn: Change<CivilDate>
    var outOfJusticeSinceOn: Change<CivilDate>
    var displayName: Change<String>
    var status: Change<Peer.Status>
    var caseloadCap: Change<Int>
    var credentials: Change<[CredentialBody]>
    var pausedUntil: Change<Instant>

    enum CodingKeys: CodingKey {
        case languages, gender, areas, disclosures, supportsMedicationOn, sceneOptOuts, recoverySinceOn
        case outOfJusticeSinceOn, displayName, status, caseloadCap, credentials, pausedUntil
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        languages = try members.required(.languages)
        gender = try members.change(.gender)
        areas = try members.change(.areas)
        disclosures = try members.change(.disclosures)
        supportsMedicationOn = try members.change(.supportsMedicationOn)
        sceneOptOuts = try members.change(.sceneOptOuts)
        recoverySinceOn = try members.change(.recoverySinceOn)
        outOfJusticeSinceOn = try members.change(.outOfJusticeSinceOn)
        displayName = try members.required(.displayName)
        status = try members.required(.status)
        caseloadCap = try members.required(.caseloadCap)
        credentials = try members.change(.credentials)
        pausedUntil = try members.change(.pausedUntil)
    }

    /// Whether it changes what only a supervisor decides.
    var changesTerms: Bool {
        displayName.isGiven || status.isGiven || caseloadCap.isGiven || credentials.isGiven || pausedUntil.isGiven
    }

    func apply(to peer: inout Peer, by subject: String) {
        languages.apply(to: &peer.profile.languages, without: [])
        gender.apply(to: &peer.profile.gender)
        areas.apply(to: &peer.profile.areas, without: [])
        if case .set(let bodies) = disclosures { peer.profile.disclosures = bodies.map(\.disclosure) }
        if case .clear = disclosures { peer.profile.disclosures = [] }
        supportsMedicationOn.apply(to: &peer.profile.supportsMedicationOn)
        sceneOptOuts.apply(to: &peer.profile.sceneOptOuts, without: [])
        recoverySinceOn.apply(to: &peer.profile.recoverySinceOn)
        outOfJusticeSinceOn.apply(to: &peer.profile.outOfJusticeSinceOn)
        displayName.apply(to: &peer.terms.displayName, without: "")
        status.apply(to: &peer.terms.status, without: peer.terms.status)
        caseloadCap.apply(to: &peer.terms.caseloadCap, without: peer.terms.caseloadCap)
        if case .set(let bodies) = credentials {
            peer.terms.credentials = bodies.map { $0.credential(verifiedBy: subject) }
        }
        if case .clear = credentials { peer.terms.credentials = [] }
        pausedUntil.apply(to: &peer.terms.pausedUntil)
    }
}

/// A disclosure as it is sent and shown.
struct DisclosureBody: Codable {
    var kind: Disclosure.Kind
    /// `yes` where it is left out.
    var value: String?
    var source: Disclosure.Source
    var consentedOn: CivilDate
    var mayBeNamed: Bool

    init(_ disclosure: Disclosure) {
        kind = disclosure.kind
        value = disclosure.value
        source = disclosure.source
        consentedOn = disclosure.consentedOn
        mayBeNamed = disclosure.mayBeNamed
    }

    var disclosure: Disclosure {
        Disclosure(
            kind: kind, value: value ?? "yes", source: source, consentedOn: consentedOn, mayBeNamed: mayBeNamed)
    }
}

/// A credential as it is sent. Whoever sends it has seen the evidence where `isVerified` is true.
struct CredentialBody: Decodable {
    var kind: String
    var issuer: String
    var number: String?
    var issuedOn: CivilDate
    var expiresOn: CivilDate?
    var isVerified: Bool

    func credential(verifiedBy subject: String) -> Credential {
        Credential(
            kind: kind, issuer: issuer, number: number, issuedOn: issuedOn, expiresOn: expiresOn,
            verifiedBy: isVerified ? subject : nil)
    }
}
