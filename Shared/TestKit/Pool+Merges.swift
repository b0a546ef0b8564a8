internal import MessageTable
public import Models
public import Postgres
internal import ServiceKit

// Two participants taken for one, as a service hears of it. The pool is of the service's own login.
extension Pool {
    /// Says that somebody is the same person as another, who remains.
    public func merge(
        _ participant: ParticipantID, into remaining: ParticipantID, version: Int = 1, of agency: AgencyID
    ) async throws {
        let event = ParticipantMerged(
            participantID: participant, intoID: remaining, version: version,
            mergedAt: Instant(unixSeconds: 1_790_000_000))
        try await transaction(for: agency) { try await ParticipantMerges.save(event, in: $0, of: agency) }
    }

    /// Says that they are two again.
    public func unmerge(
        _ participant: ParticipantID, from remaining: ParticipantID, version: Int = 2, of agency: AgencyID
    ) async throws {
        let event = ParticipantUnmerged(
            participantID: participant, fromID: remaining, version: version,
            unmergedAt: Instant(unixSeconds: 1_790_000_060))
        try await transaction(for: agency) { try await ParticipantMerges.save(event, in: $0, of: agency) }
    }
}
