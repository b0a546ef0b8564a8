internal import MessageTable
internal import Models
internal import Postgres
internal import SchedulingDomain

/// How plans begin: from a match, by hand, or as the continuing care of another plan.
enum PlanStarting {
    /// Starts a plan, publishes it, waits for its first deadline and books its first contact.
    ///
    /// - Parameter id: drawn beforehand where an answer needs it.
    /// - Returns: nil where the participant already has a live plan of the programme.
    /// - Throws: ``Refusal`` with `unknownProgramme` or `unknownOption`.
    static func start(
        _ programme: ProgrammeCode, _ request: PlanRequest, id: PlanID? = nil, matchID: MatchID?, in work: UnitOfWork
    ) async throws -> ContactPlan? {
        guard let model = work.catalogue.newest(programme) else {
            throw Refusal(.unknownProgramme, "there is no programme '\(programme)'")
        }
        let plan = try ContactPlan(
            id: id ?? work.ids.new(), request, under: model, zone: try await zone(in: work), at: work.now
        )
        guard try await PlanStore.insert(plan, matchID: matchID, in: work) else { return nil }
        try await publishStart(of: plan, referralID: plan.referralID, in: work)
        try await PlanStore.setDeadline(of: plan, model: model, in: work)
        try await FirstBooking.book(for: plan, model: model, in: work)
        return plan
    }

    /// Says that a plan is the one of a referral; a second referral that led to it hears of it too.
    static func publishStart(of plan: ContactPlan, referralID: ReferralID, in work: UnitOfWork) async throws {
        try work.publish(
            PlanStarted(
                planID: plan.id, referralID: referralID, participantID: plan.participantID, peerID: plan.peerID,
                version: plan.version, programme: plan.programme, programmeVersion: plan.programmeVersion,
                startedOn: plan.startedOn, startedAt: plan.startedAt
            )
        )
    }

    /// Opens the continuing care of a plan. Where the participant is in such care already, its rhythm is tightened as
    /// after a recurrence instead: the end of an acute programme is a time of risk.
    static func open(_ programme: ProgrammeCode, after plan: ContactPlan, in work: UnitOfWork) async throws {
        let request = PlanRequest(
            participantID: plan.participantID, referralID: plan.referralID, peerID: plan.peerID,
            followsPlanID: plan.id
        )
        if try await start(programme, request, matchID: nil, in: work) != nil { return }
        let live = try await live(programme, of: plan.participantID, in: work)
        guard let running = live.first(where: { $0.participantID == plan.participantID }) else { return }
        try await PlanStore.update(running.id, in: work) { running, model in
            if running.status == .active {
                _ = try running.tighten(afterRecurrenceOn: running.zone.date(at: work.now), at: work.now, model: model)
            }
            return []
        }
    }

    /// A live plan, under which id of the person it runs, and the match that started it.
    struct Live {
        let id: PlanID
        let participantID: ParticipantID
        let matchID: MatchID?
    }

    /// The person's live plans of a programme: one at most for each of their ids.
    static func live(
        _ programme: ProgrammeCode, of participantID: ParticipantID, in work: UnitOfWork
    ) async throws -> [Live] {
        try await work.transaction.query(PlanStatements.live, work.agencyID, participantID, programme).map { row in
            let (id, participantID, matchID) = try row.decode((PlanID, ParticipantID, MatchID?).self)
            return Live(id: id, participantID: participantID, matchID: matchID)
        }
    }

    /// The agency's wall clock.
    ///
    /// - Throws: ``StoreRefusal/unknownZone`` for one that this system does not know. A guess would book people at the
    ///   wrong hour for years; the message waits, parked, until an operator has mended the agency.
    private static func zone(in work: UnitOfWork) async throws -> CivilZone {
        guard let row = try await work.transaction.query(PlanStatements.agencyZone).first else {
            throw StoreRefusal.missing
        }
        guard let zone = CivilZone(identifier: try row.decode(String.self)) else { throw StoreRefusal.unknownZone }
        return zone
    }
}
