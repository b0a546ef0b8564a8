internal import Models
internal import OutcomesDomain

/// Somebody moves into a recovery residence, and out of it. Applications are no part of a person's recovery.
enum PlacementHandlers {
    @Sendable static func handle(_ event: PlacementChanged, in work: UnitOfWork) async throws {
        // What the stay is, is in the two instants: each message says all of it, whatever came before.
        if let movedInAt = event.movedInAt {
            try await TimelineStore.add(
                TimelineEntry(
                    .residenceEntered, of: event.participantID, at: movedInAt,
                    detail: ["residenceType": event.residenceType], sourceKey: "placement:\(event.placementID):entered",
                    sourceVersion: event.version
                ),
                in: work
            )
        }
        if let movedOutAt = event.movedOutAt {
            var detail = ["residenceType": event.residenceType]
            detail["reason"] = event.moveOutReason
            detail["nextPlace"] = event.nextPlace
            try await TimelineStore.add(
                TimelineEntry(
                    .residenceLeft, of: event.participantID, at: movedOutAt, detail: detail,
                    sourceKey: "placement:\(event.placementID):left", sourceVersion: event.version
                ),
                in: work
            )
        }
    }
}
