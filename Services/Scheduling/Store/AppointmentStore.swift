internal import Models
internal import Postgres
internal import SchedulingDomain
internal import ServiceKit

/// Appointments in PostgreSQL, which itself refuses to book anybody twice at one time.
enum AppointmentStore {
    /// Stores a new appointment and publishes it.
    ///
    /// - Throws: ``Refusal`` with `peerBusy`, `participantBusy` or `appointmentTime` (the planned contact already has an
    ///   appointment).
    static func book(_ appointment: Appointment, in work: UnitOfWork) async throws {
        if try await insert(appointment, in: work) { return }
        if try await !busy(appointment.peerID, within: appointment.time, in: work).isEmpty {
            throw Refusal(.peerBusy, "the peer has another appointment at that time")
        }
        if try await !busy(appointment.participantID, within: appointment.time, in: work).isEmpty {
            throw Refusal(.participantBusy, "the participant has another appointment at that time")
        }
        throw Refusal(.alreadyBooked, "the planned contact already has an appointment, or that time was taken just now")
    }

    /// Stores a new appointment and publishes it, or says that PostgreSQL refused it.
    static func insert(_ appointment: Appointment, in work: UnitOfWork) async throws -> Bool {
        ParticipantMerges.hold(appointment.participantID, in: work.transaction, of: work.agencyID)
        let rows = try await work.transaction.query(
            AppointmentStatements.insert, work.agencyID, appointment.id, appointment.participantID, appointment.peerID,
            appointment.planID, appointment.sequence, appointment.referralID, appointment.time.startsAt,
            appointment.time.endsAt, appointment.mode, appointment.place, appointment.status, work.now,
            appointment.version
        )
        guard !rows.isEmpty else { return false }
        try await publish(appointment, in: work)
        return true
    }

    /// Changes an appointment and publishes what it has become.
    @discardableResult
    static func update(
        _ id: AppointmentID, expecting version: Int? = nil, in work: UnitOfWork,
        _ change: (inout Appointment) throws -> Void
    ) async throws -> Appointment {
        guard let row = try await work.transaction.query(AppointmentStatements.findForUpdate, id).first else {
            throw StoreRefusal.missing
        }
        var appointment = try appointment(row)
        if let version, version != appointment.version { throw StoreRefusal.stale }
        let before = appointment
        try change(&appointment)
        guard appointment != before else { return appointment }
        appointment.version += 1
        try await work.transaction.execute(
            AppointmentStatements.update, id, appointment.status, appointment.cancellationReason, work.now,
            appointment.version
        )
        try await publish(appointment, in: work)
        return appointment
    }

    static func find(_ id: AppointmentID, in transaction: Transaction) async throws -> Appointment? {
        try await transaction.query(AppointmentStatements.find, id).first.map(appointment)
    }

    /// Cancels what is booked for a plan and has not begun.
    static func cancelAhead(of planID: PlanID, _ reason: CancellationReason, in work: UnitOfWork) async throws {
        for row in try await work.transaction.query(AppointmentStatements.liveOfPlan, planID, work.now) {
            try await update(try row.decode(AppointmentID.self), in: work) { try $0.cancel(reason) }
        }
    }

    /// When a peer is booked within a time.
    static func busy(_ peerID: PeerID, within time: TimeSpan, in work: UnitOfWork) async throws -> [TimeSpan] {
        try await work.transaction.query(AppointmentStatements.busyPeer, peerID, time.startsAt, time.endsAt).map(span)
    }

    /// When a person is booked within a time, under any of their ids.
    static func busy(_ participantID: ParticipantID, within time: TimeSpan, in work: UnitOfWork) async throws
        -> [TimeSpan]
    {
        try await work.transaction.query(
            AppointmentStatements.busyParticipant, work.agencyID, participantID, time.startsAt, time.endsAt
        ).map(span)
    }

    private static func span(_ row: Row) throws -> TimeSpan {
        let (start, end) = try row.decode((Instant, Instant).self)
        return try TimeSpan(stored: start, end)
    }

    static func appointment(_ row: Row) throws -> Appointment {
        let (
            id, participantID, peerID, planID, sequence, referralID, startsAt, endsAt, mode, place, status, reason,
            version
        ) = try row.decode(
            (
                AppointmentID, ParticipantID, PeerID, PlanID?, Int?, ReferralID?, Instant, Instant, ContactMode,
                Setting?, AppointmentStatus, CancellationReason?, Int
            ).self
        )
        return Appointment(
            id: id, participantID: participantID, peerID: peerID, planID: planID, sequence: sequence,
            referralID: referralID, time: try TimeSpan(stored: startsAt, endsAt), mode: mode, place: place,
            status: status, cancellationReason: reason, version: version
        )
    }

    private static func publish(_ appointment: Appointment, in work: UnitOfWork) async throws {
        try work.publish(
            AppointmentChanged(
                appointmentID: appointment.id, referralID: appointment.referralID,
                participantID: appointment.participantID, peerID: appointment.peerID, version: appointment.version,
                status: appointment.status, startsAt: appointment.time.startsAt, changedAt: work.now
            )
        )
    }
}
