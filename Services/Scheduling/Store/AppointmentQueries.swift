internal import Models
internal import Postgres
internal import SchedulingDomain
internal import ServiceKit

/// Lists of appointments, in pages by start.
enum AppointmentQueries {
    /// Whose appointments begin from when until when.
    struct Filter: Sendable {
        var peerID: PeerID?
        var participantID: ParticipantID?
        var from: Instant
        var until: Instant
    }

    /// One more than the page's limit. With a participant and a peer, those of the participant with the peer.
    static func page(
        _ filter: Filter, _ page: PageRequest, in work: UnitOfWork
    ) async throws -> [Appointment] {
        let startsAt: Instant = try page.cursor?.value(0) ?? .distantPast
        let id: AppointmentID = try page.cursor?.value(1) ?? .smallest
        let (from, until, limit) = (filter.from, filter.until, page.limit + 1)
        let rows =
            if let participantID = filter.participantID {
                try await work.transaction.query(
                    AppointmentStatements.ofParticipant, work.agencyID, participantID, filter.peerID, from, until,
                    startsAt, id, limit
                )
            } else if let peerID = filter.peerID {
                try await work.transaction.query(
                    AppointmentStatements.ofPeer, peerID, from, until, startsAt, id, limit
                )
            } else {
                try await work.transaction.query(AppointmentStatements.all, from, until, startsAt, id, limit)
            }
        return try rows.map(AppointmentStore.appointment)
    }
}
