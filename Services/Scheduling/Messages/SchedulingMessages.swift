internal import MessageTable
internal import Models
internal import Postgres
internal import SchedulingDomain
internal import ServiceKit

/// The group `scheduling`: what this service does when others, or its own deadlines, speak.
enum SchedulingMessages {
    static func group(ids: IDSource, catalogue: ProgrammeCatalogue) -> ConsumerGroup {
        @Sendable func work(_ context: HandlerContext) -> UnitOfWork {
            UnitOfWork(
                transaction: context.transaction, agencyID: context.agencyID, headers: context.headers,
                now: context.now, ids: ids, catalogue: catalogue, actor: context.message.topic
            )
        }
        var group = ConsumerGroup("scheduling")
        group.on(MatchAccepted.self) { try await MatchHandlers.handle($0, in: work($1)) }
        group.on(DispatchProgressed.self) { try await MatchHandlers.handle($0, in: work($1)) }
        group.on(ReferralCancelled.self) { try await ReferralHandlers.handle($0, in: work($1)) }
        group.on(ReferralClosed.self) { try await ReferralHandlers.handle($0, in: work($1)) }
        group.on(RestrictionChanged.self, RestrictionTerms.handle)
        group.on(ParticipantMerged.self, ParticipantMerges.handle)
        group.on(ParticipantUnmerged.self, ParticipantMerges.handle)
        group.on(ParticipantErased.self) { try await ErasureHandlers.handle($0, in: work($1)) }
        group.on(ContactOverdue.self) { try await DeadlineHandlers.handle($0, in: work($1)) }
        return group
    }
}
