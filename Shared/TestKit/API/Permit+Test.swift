public import Confidentiality
public import Models

extension Permit {
    /// What one of an agency's coordinators may be told of a participant: for rows of the audit trail that a test writes
    /// itself.
    public static func office(of agencyID: AgencyID, classes: Set<DataClass> = [.presence]) -> Permit {
        let decision = AccessRules.inForce.decide(
            AccessQuestion(
                agency: AgencyLaw(agencyID: agencyID, isPart2Program: true, isCoveredEntity: true),
                requester: Requester(agencyID: agencyID, role: .coordinator, subject: "coordinator"),
                purpose: .operations, classes: classes, participant: nil, at: Instant(unixSeconds: 0)))
        guard let permit = decision.permit else { preconditionFailure("the office sees its agency") }
        return permit
    }

    /// What a participant's own peer may be told of them.
    public static func assignedPeer(of participantID: ParticipantID, in agencyID: AgencyID) -> Permit {
        let decision = AccessRules.inForce.decide(
            AccessQuestion(
                agency: AgencyLaw(agencyID: agencyID, isPart2Program: true, isCoveredEntity: true),
                requester: Requester(agencyID: agencyID, role: .peer, subject: "peer"), purpose: .treatment,
                classes: Set(DataClass.allCases),
                participant: Participant(
                    agencyID: agencyID, participantID: participantID, relationship: .assigned),
                at: Instant(unixSeconds: 0)))
        guard let permit = decision.permit else { preconditionFailure("a peer sees whom they stand by") }
        return permit
    }
}
