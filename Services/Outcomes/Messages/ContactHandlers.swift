internal import Models
internal import OutcomesDomain

/// Contacts and appointments: those that took place, and those that did not.
enum ContactHandlers {
    @Sendable static func handle(_ event: ContactRecorded, in work: UnitOfWork) async throws {
        try await ProjectionStore.recorded(event, in: work)
        try await TimelineStore.add(
            TimelineEntry(
                .contact, of: event.participantID, at: event.occurredAt, referralID: event.referralID,
                detail: ["mode": event.mode.text, "outcome": event.outcome.rawValue],
                sourceKey: "contact:\(event.contactID)", sourceVersion: event.version
            ),
            in: work
        )
    }

    /// A window of the plan has ended. Without this a contact that nobody attempted would count nowhere.
    @Sendable static func handle(_ event: ContactOverdue, in work: UnitOfWork) async throws {
        // Sequence 0 is a boundary of the plan itself, no contact.
        guard event.sequence > 0 else { return }
        try await ProjectionStore.overdue(event, in: work)
    }

    @Sendable static func handle(_ event: AppointmentChanged, in work: UnitOfWork) async throws {
        try await TimelineStore.add(
            TimelineEntry(
                .appointment, of: event.participantID, at: event.startsAt, referralID: event.referralID,
                detail: ["status": event.status.text], sourceKey: "appointment:\(event.appointmentID)",
                sourceVersion: event.version
            ),
            in: work
        )
    }
}
