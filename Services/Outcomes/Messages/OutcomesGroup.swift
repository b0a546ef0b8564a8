internal import MessageTable
internal import Models
internal import Postgres
internal import ServiceKit

/// What the other services' messages mean to outcomes: projections that measures count, and lines of the timeline.
struct OutcomesGroup: Sendable {
    let ids: IDSource

    /// The group's name in the message table; it never changes.
    static let name = "outcomes"

    var consumers: ConsumerGroup {
        var group = ConsumerGroup(Self.name)
        on(ReferralAccepted.self, &group, ReferralHandlers.handle)
        on(ReferralCancelled.self, &group, ReferralHandlers.handle)
        on(ReferralClosed.self, &group, ReferralHandlers.handle)
        on(MatchAccepted.self, &group, MatchHandlers.handle)
        on(DispatchProgressed.self, &group, MatchHandlers.handle)
        on(PlanStarted.self, &group, PlanHandlers.handle)
        on(PlanPhaseChanged.self, &group, PlanHandlers.handle)
        on(ContactRecorded.self, &group, ContactHandlers.handle)
        on(ContactOverdue.self, &group, ContactHandlers.handle)
        on(AppointmentChanged.self, &group, ContactHandlers.handle)
        on(PlacementChanged.self, &group, PlacementHandlers.handle)
        on(LinkageChanged.self, &group, LinkageHandlers.handle)
        group.on(RestrictionChanged.self, RestrictionTerms.handle)
        group.on(ParticipantMerged.self, ParticipantMerges.handle)
        group.on(ParticipantUnmerged.self, ParticipantMerges.handle)
        group.on(ConsentChanged.self, ConsentProjection.handle)
        group.on(ConsentChangedV1.self, ConsentProjection.handle)
        return group
    }

    private func on<E: Event>(
        _ type: E.Type, _ group: inout ConsumerGroup,
        _ handle: @escaping @Sendable (E, UnitOfWork) async throws -> Void
    ) {
        group.on(type) { [ids] event, context in
            try await handle(
                event,
                UnitOfWork(
                    transaction: context.transaction, agencyID: context.agencyID, headers: context.headers,
                    now: context.now, ids: ids, actor: E.topic
                )
            )
        }
    }
}
