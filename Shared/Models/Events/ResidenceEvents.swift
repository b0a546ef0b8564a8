/// Somebody applied for a place in a recovery residence, or the application or the stay went on.
public struct PlacementChanged: Event {
    public static let topic = "placement.changed.v1"

    public var placementID: PlacementID
    public var participantID: ParticipantID
    public var version: Int?
    public var residenceID: ResidenceID
    /// The type of the residence, such as `M`; types say how a house is run, never how well.
    public var residenceType: String
    /// Where it stands. Nothing is decided by it: what is known of the stay is in the two instants.
    public var status: Carried<PlacementStatus>
    public var movedInAt: Instant?
    public var movedOutAt: Instant?
    /// The code of why they moved out, such as `planned`.
    public var moveOutReason: String?
    /// The code of where they went.
    public var nextPlace: String?
    public var changedAt: Instant

    public var key: String { placementID.description }

    public init(
        placementID: PlacementID, participantID: ParticipantID, version: Int, residenceID: ResidenceID,
        residenceType: String, status: PlacementStatus, movedInAt: Instant? = nil, movedOutAt: Instant? = nil,
        moveOutReason: String? = nil, nextPlace: String? = nil, changedAt: Instant
    ) {
        self.placementID = placementID
        self.participantID = participantID
        self.version = version
        self.residenceID = residenceID
        self.residenceType = residenceType
        self.status = .known(status)
        self.movedInAt = movedInAt
        self.movedOutAt = movedOutAt
        self.moveOutReason = moveOutReason
        self.nextPlace = nextPlace
        self.changedAt = changedAt
    }
}
