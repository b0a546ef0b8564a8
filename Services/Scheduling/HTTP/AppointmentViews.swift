internal import Hummingbird
internal import Models
internal import SchedulingDomain
internal import ServiceKit

/// Books an appointment.
struct BookAppointment: Decodable, Sendable {
    let participantID: ParticipantID
    let peerID: PeerID
    let planID: PlanID?
    let sequence: Int?
    let startsAt: Instant
    let endsAt: Instant
    let mode: ContactMode
    let place: Setting?

    /// - Throws: 422 for a place that is none, and for a planned contact without its plan.
    func bounded() throws(Problem) -> BookAppointment {
        if let place, !Setting.known.contains(place) { throw .invalid("/place", "not a setting that is known") }
        if sequence != nil && planID == nil { throw .invalid("/sequence", "needs its planID") }
        return self
    }
}

/// Cancels an appointment.
struct CancelAppointment: Decodable, Sendable {
    let reason: CancellationReason
}

/// A body without fields; it may be left out.
struct NoFields: Decodable, Sendable {
    /// A body of the type asked for; an absent one counts as `{}`.
    static func decode<Body: Decodable>(
        _ type: Body.Type, from request: Request, context: APIContext
    ) async throws -> Body {
        if let none = NoFields() as? Body, context.body.readableBytes == 0 { return none }
        return try await request.decode(type, context: context)
    }
}

/// An appointment as callers see it.
struct AppointmentView: Encodable, Sendable {
    let appointmentID: AppointmentID
    let participantID: ParticipantID
    let peerID: PeerID
    let planID: PlanID?
    let sequence: Int?
    let referralID: ReferralID?
    let startsAt: Instant
    let endsAt: Instant
    let mode: ContactMode
    let place: Setting?
    let status: AppointmentStatus
    let cancellationReason: CancellationReason?
    let version: Int

    init(_ appointment: Appointment) {
        appointmentID = appointment.id
        participantID = appointment.participantID
        peerID = appointment.peerID
        planID = appointment.planID
        sequence = appointment.sequence
        referralID = appointment.referralID
        startsAt = appointment.time.startsAt
        endsAt = appointment.time.endsAt
        mode = appointment.mode
        place = appointment.place
        status = appointment.status
        cancellationReason = appointment.cancellationReason
        version = appointment.version
    }
}
