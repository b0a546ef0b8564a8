internal import Crypto
internal import FoundationEssentials
internal import Models

/// The key under which one participant's identity and free texts are sealed. Each value is bound to its agency,
/// participant and column: moved anywhere else, it does not open.
struct DataKey: Sendable {
    /// Nil where the participant's identity was erased: then nothing opens, and nothing is sealed.
    private let key: SymmetricKey?
    private let owner: String

    fileprivate init(_ key: SymmetricKey?, owner: String) {
        self.key = key
        self.owner = owner
    }

    /// The columns that hold sealed values.
    enum Column: String, CaseIterable {
        case givenName = "participant.given_name"
        case familyName = "participant.family_name"
        case birthDate = "participant.birth_date"
        case phone = "participant.phone"
        case address = "participant.address"
        case postalCode = "participant.postal_code"
        case gender = "participant.gender"
        case identifiers = "participant.identifiers"
        case callback = "referral.callback"
        case statusReason = "referral.status_reason"
        case transitionReason = "referral_transition.reason"
        case shownReason = "shown_version.status_reason"
        case receivedResource = "received_resource.content"
        case emergencyNature = "emergency.nature"
        case emergencyReview = "emergency.review_note"
        case restrictionReason = "restriction.reason"
        case amendmentRequest = "amendment.request"
        case amendmentReason = "amendment.reason"
        case placementNote = "placement_transition.note"
        case needNote = "need.note"
        case linkageProvider = "linkage.provider"
        case linkageNote = "linkage.note"
        case suggestedVisit = "dispatch_suggestion.content"
        case reachPlan = "reach_plan.content"
        case onwardNote = "onward_referral.note"
        case onwardReason = "onward_referral.reason"
    }

    func seal(_ plain: [UInt8], for column: Column) throws(VaultError) -> [UInt8] {
        guard let key else { throw VaultError(.erased) }
        return try Sealed.seal(plain, with: key, authenticating: "\(owner)/\(column.rawValue)")
    }

    func open(_ sealed: [UInt8], from column: Column) throws(VaultError) -> [UInt8] {
        guard let key else { throw VaultError(.erased) }
        return try Sealed.open(sealed, with: key, authenticating: "\(owner)/\(column.rawValue)")
    }

    /// A text, or nil for nil. Nothing more is sealed for somebody whose identity was erased.
    func seal(_ text: String?, for column: Column) throws(VaultError) -> [UInt8]? {
        guard let text else { return nil }
        return try seal(Array(text.utf8), for: column)
    }

    func open(_ sealed: [UInt8]?, from column: Column) throws(VaultError) -> String? {
        // What cannot be read any more is as good as not there.
        guard let sealed, key != nil else { return nil }
        guard let text = String(validating: try open(sealed, from: column), as: UTF8.self) else {
            throw VaultError(.malformed)
        }
        return text
    }
}

/// Seals and opens what must not be readable in a row, a backup or a log, and makes the digests by which people are
/// found again.
struct Vault: Sendable {
    let ring: KeyRing
    let indexKeys: BlindIndexKeys

    /// A data key for a new participant, and its wrapped form to store.
    func newDataKey(of participant: ParticipantID, in agency: AgencyID) throws(VaultError) -> (DataKey, [UInt8]) {
        let key = SymmetricKey(size: .bits256)
        let owner = Self.owner(participant, agency)
        let wrapped = try ring.seal(key.withUnsafeBytes { Array($0) }, authenticating: owner)
        return (DataKey(key, owner: owner), wrapped)
    }

    /// The data key of a participant from its stored form.
    func dataKey(_ wrapped: [UInt8], of participant: ParticipantID, in agency: AgencyID) throws(VaultError) -> DataKey {
        let owner = Self.owner(participant, agency)
        if wrapped.isEmpty { return DataKey(nil, owner: owner) }
        let bytes = try ring.open(wrapped, authenticating: owner)
        guard bytes.count == 32 else { throw VaultError(.malformed) }
        return DataKey(SymmetricKey(data: bytes), owner: owner)
    }

    /// The same data key under the ring's current key.
    func rewrap(_ wrapped: [UInt8], of participant: ParticipantID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        let owner = Self.owner(participant, agency)
        return try ring.seal(try ring.open(wrapped, authenticating: owner), authenticating: owner)
    }

    /// A secret that Handrail shares with a partner, to sign its webhooks.
    func sealSecret(_ secret: [UInt8], of partner: PartnerID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.seal(secret, authenticating: "\(agency)/\(partner)/partner.webhook_secret")
    }

    func openSecret(_ sealed: [UInt8], of partner: PartnerID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: "\(agency)/\(partner)/partner.webhook_secret")
    }

    /// The addresses of people at a partner who are told by mail, as a JSON list.
    func sealMail(_ list: [UInt8], of partner: PartnerID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.seal(list, authenticating: "\(agency)/\(partner)/partner_mail.addresses")
    }

    func openMail(_ sealed: [UInt8], of partner: PartnerID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: "\(agency)/\(partner)/partner_mail.addresses")
    }

    /// The private key by which a partner's server knows the agency.
    func sealServerKey(_ key: [UInt8], of partner: PartnerID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.seal(key, authenticating: "\(agency)/\(partner)/outside_server.signing_key")
    }

    func openServerKey(_ sealed: [UInt8], of partner: PartnerID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: "\(agency)/\(partner)/outside_server.signing_key")
    }

    /// A subscription as its client sent it, with the headers by which its endpoint knows us.
    func sealSubscription(
        _ content: [UInt8], _ id: SubscriptionID, of partner: PartnerID, in agency: AgencyID
    ) throws(VaultError) -> [UInt8] {
        try ring.seal(content, authenticating: "\(agency)/\(partner)/\(id)/subscription.content")
    }

    func openSubscription(
        _ sealed: [UInt8], _ id: SubscriptionID, of partner: PartnerID, in agency: AgencyID
    ) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: "\(agency)/\(partner)/\(id)/subscription.content")
    }

    /// What a partner sent before any order: there is no participant yet whose key could seal it.
    func sealKept(
        _ content: [UInt8], _ kind: String, _ alias: UUID, of partner: PartnerID, in agency: AgencyID
    ) throws(VaultError) -> [UInt8] {
        try ring.seal(content, authenticating: "\(agency)/\(partner)/\(kind)/\(alias)/kept_resource.content")
    }

    func openKept(
        _ sealed: [UInt8], _ kind: String, _ alias: UUID, of partner: PartnerID, in agency: AgencyID
    ) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: "\(agency)/\(partner)/\(kind)/\(alias)/kept_resource.content")
    }

    /// The secret that Handrail shares with a desk of the agency.
    func sealDeskSecret(_ secret: [UInt8], of desk: Desk, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.seal(secret, authenticating: Self.owner(desk, agency))
    }

    func openDeskSecret(_ sealed: [UInt8], of desk: Desk, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: Self.owner(desk, agency))
    }

    /// The secret of an account's second factor.
    func sealTimeCode(_ secret: [UInt8], of account: AccountID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.seal(secret, authenticating: "\(agency)/\(account)/account.totp_secret")
    }

    func openTimeCode(_ sealed: [UInt8], of account: AccountID, in agency: AgencyID) throws(VaultError) -> [UInt8] {
        try ring.open(sealed, authenticating: "\(agency)/\(account)/account.totp_secret")
    }

    private static func owner(_ participant: ParticipantID, _ agency: AgencyID) -> String { "\(agency)/\(participant)" }

    private static func owner(_ desk: Desk, _ agency: AgencyID) -> String {
        switch desk {
        // As it was sealed when the office was the only desk.
        case .privacyOffice: "\(agency)/privacy_office.webhook_secret"
        case .duty: "\(agency)/duty_desk.webhook_secret"
        }
    }
}
