internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

/// What peer-matching does about other services' events. Each handler reads the present state, so that handling a
/// message again changes nothing.
struct PeerMatchingGroup: Sendable {
    let ids: IDSource

    /// The group with all its handlers. Its name never changes: a new one would begin anew.
    var group: ConsumerGroup {
        var group = ConsumerGroup("peer-matching")
        group.on(ReferralAccepted.self) { event, context in try await self.store(context).find(for: event, self.ids) }
        group.on(ReferralDetailed.self) { event, context in try await self.store(context).detail(event) }
        group.on(ReferralCancelled.self) { event, context in
            try await self.store(context).stop(event.referralID, as: .cancelled, version: event.version)
        }
        group.on(ReferralClosed.self) { event, context in
            try await self.store(context).stop(event.referralID, as: .closed, version: event.version)
        }
        group.on(RestrictionChanged.self, RestrictionTerms.handle)
        group.on(ParticipantMerged.self) { event, context in
            try await ParticipantMerges.handle(event, context)
            try await self.store(context).keepApart(event.participantID)
        }
        group.on(ParticipantUnmerged.self, ParticipantMerges.handle)
        group.on(DispatchDeadlineDue.self) { event, context in try await self.store(context).escalate(event) }
        group.on(PlanPhaseChanged.self) { event, context in
            let store = self.store(context)
            guard let weight = try await store.policy().load.weight(inPhase: event.to) else { return }
            try await store.weigh(event.referralID, as: weight)
        }
        return group
    }

    private func store(_ context: HandlerContext) -> Store {
        Store(
            transaction: context.transaction, agencyID: context.agencyID, now: context.now, ids: ids,
            headers: context.headers)
    }
}
