public import Models

/// A bona fide medical emergency in which consent cannot be had (42 CFR 2.51), as it was documented before anything was
/// told: by whom, to whom, when, and what the emergency is.
public struct Emergency: Hashable, Sendable {
    public var emergencyID: EmergencyID
    public var participantID: ParticipantID
    /// The organisation whose medical personnel receives; nil where one of the agency's own people tells them.
    public var organisationID: PartnerID?
    public var declaredAt: Instant
    /// From then on it is over, and nothing more is told under it.
    public var endsAt: Instant

    public init(
        emergencyID: EmergencyID, participantID: ParticipantID, organisationID: PartnerID?, declaredAt: Instant,
        endsAt: Instant
    ) {
        self.emergencyID = emergencyID
        self.participantID = participantID
        self.organisationID = organisationID
        self.declaredAt = declaredAt
        self.endsAt = endsAt
    }

    /// Whether it stands in the place of a relationship and a consent for this question.
    func covers(_ question: AccessQuestion) -> Bool {
        guard question.participant?.participantID == participantID, declaredAt <= question.at, question.at < endsAt,
            [.emergencyTreatment, .breakGlass].contains(question.purpose)
        else { return false }
        guard let organisation = question.requester.organisation else {
            // One of the agency's own people tells medical personnel, whom the documentation names.
            return organisationID == nil && [.coordinator, .supervisor, .peer].contains(question.requester.role)
        }
        return question.requester.isOutside && organisation.kind == .provider
            && organisation.partnerID == organisationID
    }
}
