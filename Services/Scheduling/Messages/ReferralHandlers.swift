internal import Models
internal import Postgres
internal import SchedulingDomain

/// What becomes of plans when referrals end.
enum ReferralHandlers {
    /// A referral was taken back: a plan that has not begun stops, unless another referral stands for it.
    static func handle(_ referral: ReferralCancelled, in work: UnitOfWork) async throws {
        let known = try await ReferralMatchStore.find(referral.referralID, in: work)
        try await ReferralMatchStore.cancelled(referral, in: work)
        guard let planID = known?.planID, try await !ReferralMatchStore.anyStands(for: planID, in: work) else { return }
        try await stop(planID, .cancelled, in: work)
    }

    /// The loop of a referral is closed. The hospital's question is answered; the person's care goes on, whatever the
    /// answer was. Only what cannot go on stops: after a death, and where the person declined before anything began.
    static func handle(_ referral: ReferralClosed, in work: UnitOfWork) async throws {
        let known = try await ReferralMatchStore.find(referral.referralID, in: work)
        try await ReferralMatchStore.closed(referral, in: work)
        switch referral.reason.known {
        case .died:
            try await participantDied(referral.participantID, in: work)
        case .declined, .notEligible:
            if let planID = known?.planID { try await stop(planID, .withdrew, in: work) }
        case .needMet, .needPartlyMet, .notReached, .moved, .referredOn, nil:
            break
        }
    }

    private static func stop(_ planID: PlanID, _ reason: ClosureReason, in work: UnitOfWork) async throws {
        let plan = try await PlanStore.update(planID, in: work) { plan, model in
            plan.stopUnlessBegun(reason, at: work.now, model: model)
        }
        if plan.status == .closed { try await AppointmentStore.cancelAhead(of: planID, .participant, in: work) }
    }

    private static func participantDied(_ participantID: ParticipantID, in work: UnitOfWork) async throws {
        let rows = try await work.transaction.query(PlanStatements.liveOfParticipant, work.agencyID, participantID)
        for planID in try rows.map({ try $0.decode(PlanID.self) }) {
            try await PlanStore.update(planID, in: work) { plan, model in
                plan.participantDied(at: work.now, model: model)
            }
            try await AppointmentStore.cancelAhead(of: planID, .participantDeceased, in: work)
        }
    }
}
