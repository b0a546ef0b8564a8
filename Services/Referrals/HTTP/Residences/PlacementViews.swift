internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// A placement as it is shown, to the participant as well.
struct PlacementView: Encodable {
    /// A place in the line, from 1, and how long it is.
    struct Line: Encodable {
        let position: Int
        let length: Int
    }

    let placementID: PlacementID
    let participantID: ParticipantID
    let residenceID: ResidenceID
    let residenceName: String
    let status: PlacementStatus
    let wish: BedKind
    let priority: String
    let appliedAt: Instant
    /// While they wait.
    let waiting: Line?
    let bedID: BedID?
    let bedLabel: String?
    let heldUntil: Instant?
    let movedInAt: Instant?
    let movedOutAt: Instant?
    /// How many nights so far, or in all.
    let days: Int?
    let declinedBy: Placement.Side?
    let reason: String?
    let nextPlace: String?
    let nextResidenceID: ResidenceID?
    let version: Int

    init(_ stored: StoredPlacement) {
        let placement = stored.placement
        (placementID, participantID) = (placement.placementID, placement.participantID)
        (residenceID, residenceName) = (placement.residenceID, stored.residenceName)
        (status, wish, priority) = (placement.status, placement.wish, placement.priority)
        appliedAt = placement.appliedAt
        waiting = stored.line.map { Line(position: $0.position, length: $0.length) }
        (bedID, bedLabel, heldUntil) = (placement.bed?.bedID, stored.bedLabel, placement.bed?.heldUntil)
        (movedInAt, movedOutAt, days) = (placement.movedInAt, placement.movedOutAt, stored.days)
        (declinedBy, reason) = (placement.declinedBy, placement.reason)
        (nextPlace, nextResidenceID) = (placement.nextPlace, placement.nextResidenceID)
        version = placement.version
    }
}

/// One change of a placement.
struct PlacementChangeView: Encodable {
    let version: Int
    let from: PlacementStatus?
    let to: PlacementStatus
    let bedID: BedID?
    let note: String?
    let actor: String
    let at: Instant

    init(_ change: Placement.Change) {
        (version, from, to, bedID) = (change.version, change.from, change.to, change.bedID)
        (note, actor, at) = (change.note, change.actor, change.at)
    }
}
