internal import Models
internal import OutcomesDomain

/// What people were linked to, as far as it belongs to their recovery: medication, treatment, mutual aid, a residence, work.
enum LinkageHandlers {
    @Sendable static func handle(_ event: LinkageChanged, in work: UnitOfWork) async throws {
        guard let service = LinkedService(service: event.service), let startedAt = event.startedAt else { return }
        try await add(service.started, event, at: startedAt, "started", service, in: work)
        if event.status.known == .ended {
            try await add(service.stopped, event, at: event.changedAt, "stopped", service, in: work)
        }
    }

    private static func add(
        _ kind: TimelineKind, _ event: LinkageChanged, at instant: Instant, _ what: String, _ service: LinkedService,
        in work: UnitOfWork
    ) async throws {
        try await TimelineStore.add(
            TimelineEntry(
                kind, of: event.participantID, at: instant, detail: service.modality.map { ["modality": $0] } ?? [:],
                sourceKey: "linkage:\(event.linkageID):\(what)", sourceVersion: event.version
            ),
            in: work
        )
    }
}
