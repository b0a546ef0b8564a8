internal import MessageTable
internal import Models
internal import ReferralsDomain

/// The group `referrals`: what senders are shown follows what the other services report.
///
/// Reports name an engagement (see ``Engagement``) as `referralID` and move all referrals that belong to it. Matches,
/// plans, contacts and appointments have keys of their own, so they come in any order between each other; what no
/// longer fits changes nothing.
struct ReferralsGroup: Sendable {
    let store: Store

    var group: ConsumerGroup {
        var group = ConsumerGroup("referrals")
        group.on(MatchAccepted.self) { try await handle($0, Work($1)) }
        group.on(DispatchProgressed.self) { try await handle($0, Work($1)) }
        group.on(AppointmentChanged.self) { try await handle($0, Work($1)) }
        group.on(ContactRecorded.self) { try await handle($0, Work($1)) }
        group.on(PlanStarted.self) { try await store.record($0, in: Work($1)) }
        group.on(PlanPhaseChanged.self) { try await store.record($0, in: Work($1)) }
        group.on(ConsentChanged.self) { try await lookAgain(at: $0.participantID, Work($1)) }
        group.on(ConsentChangedV1.self) { try await lookAgain(at: $0.participantID, Work($1)) }
        group.on(ReferralFellDue.self) { try await store.handle($0, in: Work($1)) }
        group.on(LinkageCheckDue.self) { try await store.record($0, in: Work($1)) }
        group.on(DisclosureMade.self) { try await store.account(for: $0, in: Work($1)) }
        group.on(SuggestionExpiryDue.self) { try await store.expire($0, in: Work($1)) }
        return group
    }

    func handle(_ event: MatchAccepted, _ work: Work) async throws {
        try await store.report(on: event.referralID, in: work) { current in
            current.matched(with: event.peerID, in: event.kind, by: .peerMatching, at: event.acceptedAt)
        }
    }

    func handle(_ event: DispatchProgressed, _ work: Work) async throws {
        guard try await store.record(event, in: work) else { return }
        try await store.report(on: event.referralID, in: work) { current in
            switch (event.step.known, event.outcome) {
            case (.arrived, _): current.progress(to: .active, by: .peerMatching, at: event.at)
            case (.ended, .some(let outcome)):
                try current.bedsideVisitEnded(outcome, by: .peerMatching, at: event.at)
            case (.ended, nil), (.offered, _), (.acknowledged, _), (.escalated, _), (nil, _): break
            }
        }
    }

    func handle(_ event: AppointmentChanged, _ work: Work) async throws {
        guard try await store.record(event, in: work), let engagement = event.referralID else { return }
        let business: BusinessStatus
        switch event.status.known {
        case .booked: business = .scheduled
        case .noshow: business = .unattended
        case .cancelled: business = .eventCancelled
        // What came of it is recorded as a contact; what a newer service says of it, this one does not tell the sender.
        case .arrived, .fulfilled, nil: return
        }
        try await store.report(on: engagement, in: work) { current in
            current.progress(to: business, by: .scheduling, at: event.changedAt)
        }
    }

    func handle(_ event: ContactRecorded, _ work: Work) async throws {
        var engagement = event.referralID
        if engagement == nil, let plan = event.planID {
            engagement = try await store.engagement(ofPlan: plan, in: work)
        }
        guard try await store.record(event, on: engagement, in: work), let engagement else { return }
        let business: BusinessStatus
        switch event.outcome {
        case .reached: business = .eventCompleted
        case .noShow: business = .unattended
        // An attempt is no visit; somebody who declines one contact has not declined support.
        case .notReached, .leftMessage, .declined: return
        }
        try await store.report(on: engagement, in: work) { current in
            current.progress(to: business, by: .scheduling, at: event.recordedAt)
        }
    }

    /// Our own: a consent that was given or revoked has already been acted upon where it was recorded; this is for the
    /// one that has run out.
    func lookAgain(at participantID: ParticipantID, _ work: Work) async throws {
        try await store.showAgain(try await store.lockPerson(participantID, in: work), in: work)
    }
}

extension Work {
    init(_ context: HandlerContext) {
        self.init(context.transaction, agencyID: context.agencyID, headers: context.headers, now: context.now)
    }
}

extension Referral.Actor {
    fileprivate static let peerMatching = Referral.Actor(.performer, "peer-matching")
    fileprivate static let scheduling = Referral.Actor(.performer, "scheduling")
}
