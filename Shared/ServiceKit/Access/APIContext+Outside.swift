public import Confidentiality
internal import HTTPTypes
internal import MessageTable
public import Models
public import Postgres

/// What somebody outside may be told, and under what.
public struct OutsidePermit: Sendable {
    public let permit: Permit
    /// Whom it may be told to.
    public let organisation: Organisation
    /// The consent that it rests on: what it lets through goes with what is told (42 CFR 2.32). Nil where none is needed.
    public let terms: ConsentTerms?
}

extension APIContext {
    /// Asks what of some classes an organisation outside may be told of a participant by one of the agency's own people,
    /// by what this service knows of consents and restrictions from messages.
    ///
    /// The question is asked as the organisation: that the staff member may see it is another question, to be asked first
    /// and to be given here as `classes`. Only an organisation that a consent names is connected with the participant.
    ///
    /// - Parameters:
    ///   - group: the consumer group that keeps ``ConsentProjection`` and ``RestrictionTerms`` up to date. Where it is more
    ///     than ``BindingNews/toleratedSeconds`` behind, or holds something about the participant that it could not
    ///     handle, consents count as unknown.
    ///   - transaction: that of the answer.
    /// - Throws: 403 with the reason for the audit trail: whoever asks may see the participant, so that there is one is no
    ///   secret to them; but not why the organisation may not be told.
    public func permit(
        telling recipient: PartnerID, of classes: Set<DataClass>, about participantID: ParticipantID,
        for purpose: PurposeOfUse, knownBy group: String, in transaction: Transaction, at now: Instant
    ) async throws -> OutsidePermit {
        guard let access, let law = access.law else { throw Problem.unauthenticated }
        let agencyID = try agencyID
        let ids = try await ParticipantMerges.group(of: participantID, in: transaction, of: agencyID)
        // The order counts: see `BindingNews.isKnown`.
        let answers = try await transaction.together(
            BindingNews.isKnown(to: group, about: ids),
            ConsentProjection.question(of: participantID, in: agencyID),
            RestrictionTerms.question(of: [participantID], in: agencyID))
        let isKnown = try answers[0].first?.decode(Bool.self) ?? false
        let consents = try ConsentProjection.read(answers[1])
        let naming = consents.filter { $0.organisation?.partnerID == recipient }
        let organisation = naming.last?.organisation ?? Organisation(partnerID: recipient, kind: .other)
        // Where the law asks for no consent, one that has ended connects nobody any more.
        let isConnected = naming.contains { consent in
            law.asksForConsent || isKnown && consent.terms.refusal(at: now) == nil
        }
        let participant = Participant(
            agencyID: agencyID, participantID: participantID, relationship: isConnected ? .named : .none,
            consents: consents.map(\.terms), consentsAreCurrent: isKnown,
            restrictions: try RestrictionTerms.read(answers[2])[participantID] ?? [])
        let requester = Requester(
            agencyID: agencyID, role: .partner, subject: recipient.description, organisation: organisation)
        let decision = access.rules.decide(
            AccessQuestion(
                agency: law, requester: requester, purpose: purpose, classes: classes, participant: participant,
                at: now))
        switch decision {
        case .allowed(let permit):
            let terms = consents.first { $0.terms.consentID == permit.consentID }?.terms
            return OutsidePermit(permit: permit, organisation: organisation, terms: terms)
        case .refused(let refusal):
            throw Problem.notToBeTold.denying(
                Denial(Denial.Reason(refusal), participantIDs: [participantID], purpose: purpose))
        }
    }
}

extension AgencyLaw {
    /// Whether disclosures for care need a consent: of all but covered entities that are no Part 2 programme.
    fileprivate var asksForConsent: Bool { isPart2Program || !isCoveredEntity }
}

extension Problem {
    /// 403: the caller may see the participant; the organisation may not be told.
    public static var notToBeTold: Problem {
        Problem(
            .forbidden, type: "not-to-be-told", title: "This organisation may not be told",
            detail: "No consent in force that is known here lets it be told that for this purpose. Nothing was told.")
    }
}
