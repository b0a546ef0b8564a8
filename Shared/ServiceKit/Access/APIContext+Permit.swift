public import Confidentiality
public import Models
public import Postgres

extension APIContext {
    /// Asks what of this route's classes may be told about one participant to one of the agency's own people, or to the
    /// participant.
    ///
    /// - Parameters:
    ///   - transaction: that of the answer; the restrictions in force are read in it.
    ///   - classes: what the answer would hold; nil takes what the route declares.
    ///   - at: the service's own time.
    /// - Throws: 404 with the reason for the audit trail where nothing may be told: that somebody is a participant is
    ///   protected in itself (42 CFR 2.13(c)); 401 on an open route.
    public func permit(
        about participantID: ParticipantID, as relationship: Relationship, in transaction: Transaction,
        classes: Set<DataClass>? = nil, at now: Instant
    ) async throws -> Permit {
        let known = try await participants([participantID], as: relationship, in: transaction)
        return try permit(about: known[0], classes: classes, at: now)
    }

    /// Asks about each of the participants of a list; whoever may not be told of is left out of it.
    ///
    /// - Returns: what may be told, by participant; where nobody is left, nothing was told.
    public func permits(
        listing participantIDs: [ParticipantID], as relationship: Relationship, in transaction: Transaction,
        at now: Instant
    ) async throws -> [ParticipantID: Permit] {
        try permits(
            listing: try await participants(participantIDs, as: relationship, in: transaction), at: now)
    }

    private func participants(
        _ ids: [ParticipantID], as relationship: Relationship, in transaction: Transaction
    ) async throws -> [Participant] {
        let agencyID = try agencyID
        let restrictions = try await RestrictionTerms.find(
            of: Array(Set(ids)), against: requester(for: nil), in: transaction)
        return ids.map { id in
            Participant(
                agencyID: agencyID, participantID: id, relationship: relationship, restrictions: restrictions[id] ?? [])
        }
    }

    /// Asks about a participant with all that is known of their consents and restrictions.
    ///
    /// - Parameters:
    ///   - organisation: on whose behalf the requester asks; nil for the agency's own people.
    ///   - purpose: nil takes the usual one of the role, or of the organisation.
    public func permit(
        about participant: Participant, from organisation: Organisation? = nil, classes: Set<DataClass>? = nil,
        purpose: PurposeOfUse? = nil, emergency: Emergency? = nil, at now: Instant
    ) throws(Problem) -> Permit {
        let decision = try decide(
            participant, from: organisation, classes ?? route?.discloses ?? [], purpose, emergency, now)
        switch decision {
        case .allowed(let permit): return permit
        case .refused(let refusal):
            throw .notFound.denying(
                Denial(Denial.Reason(refusal), participantIDs: [participant.participantID], purpose: purpose))
        }
    }

    /// Asks about nobody in particular: for those who work for the whole agency, where people are counted or searched,
    /// and for everybody where the answer is about no person.
    ///
    /// - Throws: 404 for a role that sees single participants only.
    public func permit(classes: Set<DataClass>? = nil) throws(Problem) -> Permit {
        // No clock decides here: consents and emergencies belong to somebody.
        let decision = try decide(
            nil, from: nil, classes ?? route?.discloses ?? [], nil, nil, Instant(microseconds: 0))
        switch decision {
        case .allowed(let permit): return permit
        case .refused(let refusal): throw .notFound.denying(Denial(Denial.Reason(refusal)))
        }
    }

    /// Asks about each of the participants of a list; whoever may not be told of is left out of it.
    ///
    /// - Returns: what may be told, by participant; where nobody is left, nothing was told.
    public func permits(
        listing participants: some Sequence<Participant>, from organisation: Organisation? = nil,
        purpose: PurposeOfUse? = nil, at now: Instant
    ) throws(Problem) -> [ParticipantID: Permit] {
        var permits: [ParticipantID: Permit] = [:]
        for participant in participants where permits[participant.participantID] == nil {
            let decision = try decide(participant, from: organisation, route?.discloses ?? [], purpose, nil, now)
            permits[participant.participantID] = decision.permit
        }
        return permits
    }

    private func decide(
        _ participant: Participant?, from organisation: Organisation?, _ classes: Set<DataClass>,
        _ purpose: PurposeOfUse?, _ emergency: Emergency?, _ now: Instant
    ) throws(Problem) -> Decision {
        let principal = try principal
        guard let access else { throw .unauthenticated }
        let usual = organisation?.kind.usualPurpose ?? access.rules.purposes(of: principal.role).first ?? .treatment
        return access.rules.decide(
            AccessQuestion(
                agency: access.law,
                requester: try requester(for: organisation),
                purpose: purpose ?? usual, classes: classes, participant: participant, at: now, emergency: emergency
            ))
    }

    private func requester(for organisation: Organisation?) throws(Problem) -> Requester {
        let principal = try principal
        // Of what kind a partner is, its token does not say; where that decides, the service has looked it up.
        let own = principal.partnerID.map { Organisation(partnerID: $0, kind: .other) }
        return Requester(
            agencyID: principal.agencyID, role: principal.role, subject: principal.subject,
            organisation: organisation ?? own)
    }
}
