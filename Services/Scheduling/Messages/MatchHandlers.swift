internal import Models
internal import SchedulingDomain

/// What matches mean to scheduling: a plan begins, changes hands, or takes in what happened at the bedside.
///
/// Each is correct if it is handled again: what is there already is found, and older versions change nothing.
enum MatchHandlers {
    /// A peer took on a referral, by dispatch or by choice: its programme's plan starts, once.
    static func handle(_ match: MatchAccepted, in work: UnitOfWork) async throws {
        let known = try await ReferralMatchStore.find(match.referralID, in: work)
        if known?.isPast(match) == true { return }
        // Taken back before the match was heard of: nothing begins.
        guard known?.cancelledAt == nil else { return }
        let planID: PlanID
        if let existing = known?.planID {
            planID = existing
            try await reassign(existing, to: match.peerID, in: work)
        } else {
            planID = try await planFor(match, in: work)
        }
        try await ReferralMatchStore.save(match, planID: planID, in: work)
    }

    private static func planFor(_ match: MatchAccepted, in work: UnitOfWork) async throws -> PlanID {
        if let running = try await join(match, in: work) { return running }
        let request = PlanRequest(
            participantID: match.participantID, referralID: match.referralID, peerID: match.peerID,
            setting: match.setting
        )
        if let plan = try await PlanStarting.start(match.programme, request, matchID: match.matchID, in: work) {
            return plan.id
        }
        // Another referral of the same match started it between our look and our insert, which waited for its commit.
        if let running = try await join(match, in: work) { return running }
        throw StoreRefusal.missing
    }

    /// The plan that the same match already started for another referral; a plan of an earlier match makes way. One that
    /// runs under another id of the person goes on beside: whether both are needed is for people to say.
    private static func join(_ match: MatchAccepted, in work: UnitOfWork) async throws -> PlanID? {
        let live = try await PlanStarting.live(match.programme, of: match.participantID, in: work)
        if let same = live.first(where: { $0.matchID == match.matchID }) {
            if let plan = try await PlanStore.load(same.id, locking: true, in: work.transaction) {
                try await PlanStarting.publishStart(of: plan, referralID: match.referralID, in: work)
            }
            return same.id
        }
        if let earlier = live.first(where: { $0.participantID == match.participantID }) {
            try await PlanStore.update(earlier.id, in: work) { plan, model in
                plan.supersede(at: work.now, model: model)
            }
            try await AppointmentStore.cancelAhead(of: earlier.id, .provider, in: work)
        }
        return nil
    }

    /// Another peer took over, after an escalation or a wish for somebody else. The old peer's bookings go, and the
    /// next planned contact is booked with the new one.
    private static func reassign(_ id: PlanID, to peerID: PeerID, in work: UnitOfWork) async throws {
        var isChanged = false
        let plan = try await PlanStore.update(id, in: work) { plan, _ in
            isChanged = plan.status != .closed && plan.peerID != peerID
            if isChanged { plan.reassign(to: peerID) }
            return []
        }
        guard isChanged else { return }
        try await AppointmentStore.cancelAhead(of: id, .provider, in: work)
        try await FirstBooking.book(for: plan, model: try work.model(of: plan), in: work)
    }

    /// The dispatch went on: the arrival is kept, and its end becomes the bedside contact.
    static func handle(_ progress: DispatchProgressed, in work: UnitOfWork) async throws {
        switch progress.step.known {
        case .arrived:
            try await ReferralMatchStore.arrived(
                progress.referralID, of: progress.participantID, at: progress.at, in: work
            )
        case .ended:
            try await ended(progress, in: work)
        case .offered, .acknowledged, .escalated, nil:
            break
        }
    }

    private static func ended(_ progress: DispatchProgressed, in work: UnitOfWork) async throws {
        guard let peerID = progress.peerID, let outcome = progress.outcome,
            try await !ContactStore.isRecorded(progress.matchID, in: work)
        else { return }
        let known = try await ReferralMatchStore.find(progress.referralID, in: work)
        let began = known?.arrivedAt ?? progress.at
        let contact = try Contact(
            id: work.ids.new(), planID: known?.planID, referralID: progress.referralID,
            participantID: progress.participantID, peerID: peerID, mode: .bedside, outcome: outcome.asContact,
            place: known?.setting, minutes: minutes(from: began, to: progress.at), occurredAt: began,
            recordedAt: max(work.now, began)
        )
        try await ContactStore.record(contact, matchID: progress.matchID, in: work)
        if outcome == .died, let planID = known?.planID {
            try await PlanStore.update(planID, in: work) { plan, model in
                plan.participantDied(at: work.now, model: model)
            }
            try await AppointmentStore.cancelAhead(of: planID, .participantDeceased, in: work)
        }
    }

    private static func minutes(from start: Instant, to end: Instant) -> Int {
        min(max(0, Int((end - start).components.seconds / 60)), 1440)
    }
}

extension BedsideOutcome {
    /// The bedside's outcomes as outcomes of a contact (FACTS §5.3).
    var asContact: ContactOutcome {
        switch self {
        case .seenAccepted: .reached
        case .seenDeclined, .refusedContact: .declined
        case .leftBeforeArrival, .unable, .died: .notReached
        }
    }
}
