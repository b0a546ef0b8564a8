internal import Confidentiality
internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// Everything that a sender hands over with one referral, in whatever dialect it came.
struct Intake: Sendable {
    var request: ReferralRequest
    /// Who it is about; empty when the sender does not say.
    var person = PersonIdentity()
    /// Who that is without a search: the sender named them by an id of ours.
    var participantID: ParticipantID?
    /// The id by which the sender knows the person so far, where they were no participant yet.
    var patientID: UUID?
    /// Consents that came with it.
    var consents: [ConsentDraft] = []
    /// The sending organisation, from the token (or named by the agency's own coordinator); nil for a self-referral.
    var partnerID: PartnerID?
    /// Whose order numbers ``placerIdentifier`` belongs to: the client, or the coordinator's agency.
    var clientID: String
    /// The sender's own number: the same again is the same referral.
    var placerIdentifier: String?
    var asDraft = false
    /// The id of the new referral where the caller has drawn it already; otherwise one is drawn.
    var referralID: ReferralID?
    /// Who speaks; the party is the requester.
    var subject: String
    /// What was received, to be kept whole.
    var resources: [ReceivedResource] = []
}

/// A consent that is not recorded yet: all of ``Consent`` but its ids.
struct ConsentDraft: Sendable {
    var consent: @Sendable (ConsentID, ParticipantID) -> Consent

    init(_ consent: @escaping @Sendable (ConsentID, ParticipantID) -> Consent) {
        self.consent = consent
    }
}

/// A referral that was taken in.
struct TakenIn: Sendable {
    let stored: StoredReferral
    /// Whether it had been taken in before, under the same sender's number.
    let wasKnown: Bool
    /// What the sender may see.
    let view: SenderView
    /// Under what it may see it; nil without a partner.
    let permit: Permit?
    /// The ids under which the partner knows it; nil without a partner.
    let senderIDs: SenderIDs?
    /// The consents that were recorded with it.
    let consentIDs: [ConsentID]
}

extension Store {
    /// Takes a referral in: finds or registers the participant, records the consents, stores the referral, accepts it
    /// where the policy says so, and publishes, all in the one open transaction.
    ///
    /// The same sender's number again answers with the referral that it made. Run inside ``Pool/work(for:headers:clock:_:)``,
    /// which tries again where two requests met.
    ///
    /// - Throws: ``StoreError`` `placerReused`, `noSuchPartner`, `consentDeficient`, `raced`.
    func takeIn(_ intake: Intake, in work: Work) async throws -> TakenIn {
        let findings = try await findings(about: intake, in: work)
        if let known = try await known(intake, findings, in: work) { return known }
        return try await takeIn(intake, findings, in: work)
    }

    /// The same for a referral that is known to be new. Of somebody who is new too nothing more is read, so that all of it
    /// goes out with the commit.
    func takeIn(_ intake: Intake, _ findings: IntakeFindings, in work: Work) async throws -> TakenIn {
        let policy = try findings.policy(for: intake.partnerID)
        let recognised = try await findOrRegister(intake.person, findings.person, in: work)
        let (person, isNew) = (recognised.person, recognised.isNew)
        let participant = person.remaining
        var consents: [Consent] = []
        for draft in intake.consents {
            let consent = draft.consent(ids.new(), participant.participantID)
            guard consent.deficiencies.isEmpty else { throw StoreError(.consentDeficient) }
            var named = findings.partner
            // The office may hand in a consent that names another one.
            if named?.partnerID != consent.recipient.columns.partnerID {
                named = try await partner(namedBy: consent, in: work)
            }
            try insert(consent, naming: named, recordedBy: intake.subject, in: work)
            consents.append(consent)
        }
        let consentIDs = consents.map(\.consentID)
        var telling = Telling(law: findings.law, consents: consents.sorted { $0.consentID < $1.consentID })
        var open: [Engagement] = []
        if !isNew {
            telling = try await self.telling(of: person.ids, in: work)
            open = try await openEngagements(of: participant.participantID, in: work)
            if !consentIDs.isEmpty { try await showAgain(person, in: work) }
        }
        // Its first referral from this sender, perhaps: no stored one tells of what kind the sender is.
        if let partner = findings.partner { telling.kinds[partner.partnerID] = partner.kind.organisationKind }
        let referral = Referral(
            referralID: intake.referralID ?? ids.new(), participantID: participant.participantID,
            partnerID: intake.partnerID, request: intake.request, asDraft: intake.asDraft,
            by: .init(.requester, intake.subject), at: work.now
        )
        var loaded = LoadedCase(
            participant: participant, telling: telling, before: [:], current: Case(new: referral),
            listeners: findings.listeners
        )
        if !intake.asDraft, policy.accepts(intake.request) {
            try loaded.current.accept(
                referral.referralID, joining: open, by: .intakePolicy, at: work.now
            )
        }
        let saved = try await save(
            loaded, clientID: intake.clientID, knownAs: recognised.known.participantID, in: work)
        guard let stored = saved[referral.referralID] else { throw StoreError(.notFound) }
        record(recognised, of: referral.referralID, in: work)
        record(intake.placerIdentifier, of: referral.referralID, by: intake.clientID, in: work)
        if let alias = intake.patientID, let partner = intake.partnerID {
            try await adopt(alias, as: recognised.known.participantID, by: partner, in: work)
        }
        let taken = try await answer(
            stored, telling, wasKnown: false, consentIDs: consentIDs, ofNewPerson: isNew && intake.patientID == nil,
            in: work)
        try await keep(
            intake.resources, of: stored.referral, by: recognised.known, ids: taken.senderIDs,
            with: participant.dataKey, in: work)
        return taken
    }

    /// What a sender is answered about a stored referral.
    func answer(
        _ stored: StoredReferral, _ telling: Telling, wasKnown: Bool, consentIDs: [ConsentID] = [],
        ofNewPerson isNew: Bool = false, in work: Work
    ) async throws -> TakenIn {
        var senderIDs: SenderIDs?
        if let partner = stored.referral.partnerID {
            senderIDs =
                isNew
                ? newSenderIDs(of: stored.referral, for: partner, in: work)
                : try await self.senderIDs(of: stored, for: partner, in: work)
        }
        let permit = permit(for: stored.referral, under: telling, at: work.now)
        return TakenIn(
            stored: stored, wasKnown: wasKnown, view: SenderView(of: stored.referral, under: permit), permit: permit,
            senderIDs: senderIDs, consentIDs: consentIDs
        )
    }

    /// A referral as it can be answered, whoever asks; nil when there is none in this agency.
    func taken(_ id: ReferralID, in work: Work) async throws -> TakenIn? {
        guard let stored = try await referral(id, in: work) else { return nil }
        let telling = try await telling(of: stored.referral.participantID, in: work)
        return try await answer(stored, telling, wasKnown: true, in: work)
    }

    /// The referral that the sender's own number stands for already; nil for a new one.
    ///
    /// - Throws: ``StoreError`` `placerReused` where it stands for another request.
    func known(_ intake: Intake, _ findings: IntakeFindings, in work: Work) async throws -> TakenIn? {
        guard let id = findings.known, let stored = try await referral(id, in: work) else { return nil }
        // The number is the sender's promise that it is the same order: another order under it is a mistake of theirs.
        guard stored.referral.mayBe(intake.request), stored.referral.partnerID == intake.partnerID else {
            throw StoreError(.placerReused)
        }
        let telling = try await telling(of: stored.referral.participantID, in: work)
        return try await answer(stored, telling, wasKnown: true, in: work)
    }

    private func record(_ placer: String?, of referral: ReferralID, by client: String, in work: Work) {
        guard let placer else { return }
        let digests = vault.indexKeys.placerDigests(of: placer, by: client, in: work.agencyID)
        work.tx.enqueue(.insertPlacer, work.agencyID, client, digests.map(\.0), digests.map(\.1), referral)
    }
}

extension Referral.Actor {
    /// The agency's rule for a partner, where no person decides.
    static let intakePolicy = Referral.Actor(.performer, "intake-policy")
}
