internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A case with what is needed to save it. Its participant is locked.
struct LoadedCase: Sendable {
    let participant: StoredParticipant
    let telling: Telling
    /// The referrals as they were loaded.
    let before: [ReferralID: StoredReferral]
    var current: Case
    /// Who hears of a referral that is new; of others it is asked when they change.
    var listeners = Listeners()
}

extension Store {
    /// Changes a referral, and what belongs to its engagement: locks, loads, applies, saves, publishes.
    ///
    /// - Parameter check: looks at the referral as it is and throws to refuse, for example a stale version.
    /// - Throws: ``StoreError`` `notFound`; what `check` and `change` throw.
    @discardableResult
    func change(
        _ id: ReferralID, in work: Work, check: (StoredReferral) throws -> Void = { _ in },
        _ change: (inout Case, [Engagement]) throws -> Void
    ) async throws -> StoredReferral {
        guard let row = try await work.tx.query(.participantOfReferral, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        let participant = try await lockParticipant(try row.decode(ParticipantID.self), in: work)
        let ids = try await work.tx.query(.referralsOfCase, work.agencyID, id)
        var loaded = try await loadCase(try ids.map { try $0.decode(ReferralID.self) }, of: participant, in: work)
        guard let stored = loaded.before[id] else { throw StoreError(.notFound) }
        try check(stored)
        let open = try await openEngagements(of: participant.participantID, in: work)
        try change(&loaded.current, open)
        let saved = try await save(loaded, in: work)
        guard let result = saved[id] else { throw StoreError(.notFound) }
        return result
    }

    /// Takes in what another service reported about an engagement. An engagement that is not known here is none of this
    /// agency's; the report is dropped.
    func report(on engagementID: ReferralID, in work: Work, _ change: (inout Case) throws -> Void) async throws {
        guard let engagement = try await engagement(engagementID, in: work) else { return }
        let participant = try await lockParticipant(engagement.participantID, in: work)
        let ids = try await work.tx.query(.referralsOfEngagement, work.agencyID, engagementID)
        var loaded = try await loadCase(try ids.map { try $0.decode(ReferralID.self) }, of: participant, in: work)
        try change(&loaded.current)
        _ = try await save(loaded, in: work)
    }

    private func loadCase(
        _ ids: [ReferralID], of participant: StoredParticipant, in work: Work
    ) async throws -> LoadedCase {
        let stored = try await load(ids, in: work)
        let engagementID = stored.lazy.compactMap(\.referral.engagementID).first
        // Read after the lock: the engagement is what the last change left.
        var engagement: Engagement?
        if let engagementID { engagement = try await self.engagement(engagementID, in: work) }
        return LoadedCase(
            participant: participant, telling: try await telling(of: participant.participantID, in: work),
            before: Dictionary(uniqueKeysWithValues: stored.map { ($0.referral.referralID, $0) }),
            current: Case(referrals: stored.map(\.referral), engagement: engagement)
        )
    }

    /// Saves what changed, with its history, tells the other services, and queues word to the senders.
    func save(
        _ loaded: LoadedCase, clientID: String? = nil, knownAs: ParticipantID? = nil, in work: Work
    ) async throws -> [ReferralID: StoredReferral] {
        for stale in loaded.current.staleEngagements { save(stale, in: work) }
        if let engagement = loaded.current.engagement { save(engagement, in: work) }
        var saved: [ReferralID: StoredReferral] = [:]
        for referral in loaded.current.referrals {
            let id = referral.referralID
            guard let before = loaded.before[id] else {
                saved[id] = try insert(referral, of: loaded, clientID: clientID, knownAs: knownAs, in: work)
                continue
            }
            guard !referral.changes.isEmpty else {
                saved[id] = before
                continue
            }
            saved[id] = try await update(referral, from: before, of: loaded, in: work)
        }
        for announcement in loaded.current.announcements { try publish(announcement, in: work) }
        return saved
    }

    private func insert(
        _ referral: Referral, of loaded: LoadedCase, clientID: String?, knownAs: ParticipantID?, in work: Work
    ) throws -> StoredReferral {
        let knownAs = knownAs ?? referral.participantID
        let view = senderView(of: referral, loaded.telling, at: work.now)
        let shown = StoredReferral.Shown(
            version: 1, status: view.status, business: view.businessStatus, at: work.now
        )
        let key = loaded.participant.dataKey
        let request = referral.request
        work.tx.enqueue(
            .insertReferral, work.agencyID, referral.referralID, referral.version, referral.participantID,
            referral.engagementID, referral.partnerID, clientID, request.setting, request.priority, request.programme,
            request.languages, request.peerGenderWish, request.takesMedication,
            try key.seal(request.callback, for: .callback), referral.status, referral.businessStatus,
            try key.seal(referral.statusReason, for: .statusReason), referral.wasCancelledBySender,
            referral.closingReason, referral.receivedAt, referral.acceptedAt, referral.closedAt, referral.changedAt,
            referral.businessChangedAt, shown.version, shown.status, shown.business, shown.at,
            knownAs == referral.participantID ? nil : knownAs, referral.awaited?.step, referral.awaited?.since,
            referral.awaited.map { times.dueAt($0, request.priority) }, request.releaseOn
        )
        try remind(of: referral, before: nil, in: work)
        try record(referral, with: key, in: work)
        try recordShown(shown, view, of: referral, with: key, in: work)
        try queueEvents(
            loaded.listeners, of: referral, view, version: shown.version, orderMoved: false, in: work)
        return StoredReferral(
            referral: referral.withoutChanges, clientID: clientID, shown: shown, knownAs: knownAs)
    }

    private func update(
        _ referral: Referral, from before: StoredReferral, of loaded: LoadedCase, in work: Work
    ) async throws -> StoredReferral {
        let (shown, moved) = shown(referral, after: before, loaded.telling, at: work.now)
        let key = loaded.participant.dataKey
        let touched = try await work.tx.execute(
            .updateReferral, work.agencyID, referral.referralID, before.referral.version, referral.version,
            referral.engagementID, referral.status, referral.businessStatus,
            try key.seal(referral.statusReason, for: .statusReason), referral.wasCancelledBySender,
            referral.closingReason, referral.acceptedAt, referral.closedAt, referral.changedAt,
            referral.businessChangedAt, shown.version, shown.status, shown.business, shown.at,
            referral.awaited?.step, referral.awaited?.since,
            referral.awaited.map { times.dueAt($0, referral.request.priority) }
        )
        if referral.request != before.referral.request {
            let request = referral.request
            work.tx.enqueue(
                .completeReferral, work.agencyID, referral.referralID, request.languages, request.peerGenderWish,
                request.takesMedication, try key.seal(request.callback, for: .callback), request.releaseOn,
                referral.completedAt)
        }
        try remind(of: referral, before: before.referral.awaited, in: work)
        guard touched == 1 else { throw StoreError(.raced) }
        try record(referral, with: key, in: work)
        if moved {
            let view = senderView(of: referral, loaded.telling, at: work.now)
            try recordShown(shown, view, of: referral, with: key, in: work)
            try await queueWord(
                of: referral, view, shown: shown, orderMoved: referral.orderSteps != before.referral.orderSteps,
                in: work)
        }
        return StoredReferral(
            referral: referral.withoutChanges, clientID: before.clientID, shown: shown, knownAs: before.knownAs)
    }

    private func record(_ referral: Referral, with key: DataKey, in work: Work) throws {
        for change in referral.changes {
            work.tx.enqueue(
                .insertTransition, work.agencyID, referral.referralID, change.version, change.from, change.to,
                change.business, try key.seal(change.reason, for: .transitionReason), change.by.party,
                change.by.subject, change.at
            )
        }
    }

    private func publish(_ announcement: Case.Announcement, in work: Work) throws {
        switch announcement {
        case .began(let referral, let engagement):
            let request = referral.request
            try work.publish(
                ReferralAccepted(
                    referralID: engagement.engagementID, participantID: engagement.participantID,
                    version: engagement.version, setting: request.setting, priority: request.priority,
                    programme: request.programme, partnerID: referral.partnerID, languages: request.languages,
                    peerGenderWish: request.peerGenderWish, takesMedication: request.takesMedication,
                    receivedAt: referral.receivedAt, acceptedAt: referral.acceptedAt ?? work.now
                )
            )
        case .detailed(let referral, let engagement, let instant):
            try work.publish(
                ReferralDetailed(
                    referralID: engagement.engagementID, participantID: engagement.participantID,
                    version: engagement.version, languages: referral.request.languages,
                    peerGenderWish: referral.request.peerGenderWish, takesMedication: referral.request.takesMedication,
                    detailedAt: instant
                )
            )
        case .cancelled(let engagement, let instant):
            try work.publish(
                ReferralCancelled(
                    referralID: engagement.engagementID, participantID: engagement.participantID,
                    version: engagement.version, cancelledAt: instant
                )
            )
        case .closed(let engagement, let reason, let instant):
            try work.publish(
                ReferralClosed(
                    referralID: engagement.engagementID, participantID: engagement.participantID,
                    version: engagement.version, reason: reason, closedAt: instant
                )
            )
        }
    }
}

extension Referral {
    /// Whether its sender took the order back.
    var isTakenBack: Bool { wasCancelledBySender || status == .enteredInError }

    /// What its sender did to the order itself: requested it, took it back, called it an error.
    fileprivate var orderSteps: [Bool] { [status != .draft, wasCancelledBySender, status == .enteredInError] }
}
