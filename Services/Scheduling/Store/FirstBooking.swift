internal import Models
internal import Postgres
internal import SchedulingDomain

/// Books the first contact of a new plan: the earliest free time of the peer in the contact's window.
///
/// A plan starts whether or not a time is found; without one its first contact stands in the due list unbooked.
enum FirstBooking {
    /// So many times are tried before it is left to people.
    private static let mostAttempts = 12

    static func book(for plan: ContactPlan, model: ProgrammeModel, in work: UnitOfWork) async throws {
        guard let first = plan.contacts.first(where: { $0.status == .planned }) else { return }
        let wish = model.firstAppointment
        let earliest = max(first.window.startsAt, work.now + .seconds(wish.afterHours * 3600))
        guard let horizon = TimeSpan(from: earliest, until: first.window.endsAt) else { return }
        let availability = try await AvailabilityStore.find(plan.peerID, in: work.transaction)
        let busy =
            try await AppointmentStore.busy(plan.peerID, within: horizon, in: work)
            + AppointmentStore.busy(plan.participantID, within: horizon, in: work)
        let slots = try (availability ?? officeHours(of: plan))
            .freeSlots(in: horizon, length: .seconds(wish.minutes * 60), busy: busy)
        for slot in slots.prefix(mostAttempts) {
            let appointment = try Appointment(
                booking: work.ids.new(), participantID: plan.participantID, peerID: plan.peerID, planID: plan.id,
                sequence: first.sequence, referralID: plan.referralID, time: slot, mode: wish.mode, place: nil,
                at: work.now
            )
            // Between looking and booking somebody else may have taken the time: then the next one is tried.
            if try await AppointmentStore.insert(appointment, in: work) { return }
        }
    }

    /// What is assumed of a peer who has not said when they work: nine to five on every day.
    private static func officeHours(of plan: ContactPlan) throws(Refusal) -> Availability {
        let rules = Weekday.allCases.compactMap { weekday in
            AvailabilityRule(
                weekday: weekday, from: .officeOpens, until: .officeCloses, effectiveFrom: plan.startedOn
            )
        }
        return try Availability(peerID: plan.peerID, zone: plan.zone, rules: rules, absences: [], version: 0)
    }
}

extension TimeOfDay {
    fileprivate static let officeOpens = TimeOfDay(minutes: 9 * 60) ?? .midnight
    fileprivate static let officeCloses = TimeOfDay(minutes: 17 * 60) ?? .endOfDay
}
