public import Models

/// A contact with a participant, or an attempt at one, as it was recorded.
public struct Contact: Hashable, Sendable {
    public let id: ContactID
    public let planID: PlanID?
    public let referralID: ReferralID?
    public let participantID: ParticipantID
    public let peerID: PeerID
    public let appointmentID: AppointmentID?
    public let mode: ContactMode
    public let outcome: ContactOutcome
    public let place: Setting?
    /// Whether a provider or an informal support took part.
    public let withSupports: Bool
    public let minutes: Int?
    public let supportTypes: Set<SupportType>
    public let note: String?
    public let occurredAt: Instant
    public let recordedAt: Instant

    public init(
        id: ContactID, planID: PlanID?, referralID: ReferralID?, participantID: ParticipantID, peerID: PeerID,
        appointmentID: AppointmentID? = nil, mode: ContactMode, outcome: ContactOutcome, place: Setting? = nil,
        withSupports: Bool = false, minutes: Int? = nil, supportTypes: Set<SupportType> = [], note: String? = nil,
        occurredAt: Instant, recordedAt: Instant
    ) throws(Refusal) {
        // Clocks of phones and servers differ a little; the future beyond that is a mistyped date.
        guard occurredAt <= recordedAt + .seconds(300) else {
            throw Refusal(.contactInvalid, "a contact cannot have taken place in the future")
        }
        guard minutes.map((0...1440).contains) ?? true else {
            throw Refusal(.contactInvalid, "a contact lasts between 0 and 1440 minutes")
        }
        self.id = id
        self.planID = planID
        self.referralID = referralID
        self.participantID = participantID
        self.peerID = peerID
        self.appointmentID = appointmentID
        self.mode = mode
        self.outcome = outcome
        self.place = place
        self.withSupports = withSupports
        self.minutes = minutes
        self.supportTypes = supportTypes
        self.note = note
        self.occurredAt = occurredAt
        self.recordedAt = recordedAt
    }
}

/// What a peer gave in a contact (SAMHSA's four kinds of support, and coaching of skills).
public enum SupportType: String, Codable, CaseIterable, Hashable, Sendable {
    case emotional, informational, instrumental, affiliational
    case skillCoaching = "skill-coaching"
}
