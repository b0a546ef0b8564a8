internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// A line of the timeline that comes from a message or from this service itself.
struct TimelineEntry: Sendable {
    let kind: TimelineKind
    let participantID: ParticipantID
    let occurredAt: Instant
    let referralID: ReferralID?
    let detail: [String: String]
    /// The aggregate and what of it: the same again replaces the line if its version is newer, else changes nothing.
    let sourceKey: String
    let sourceVersion: Int

    init(
        _ kind: TimelineKind, of participantID: ParticipantID, at occurredAt: Instant, referralID: ReferralID? = nil,
        detail: [String: String] = [:], sourceKey: String, sourceVersion: Int?
    ) {
        self.kind = kind
        self.participantID = participantID
        self.occurredAt = occurredAt
        self.referralID = referralID
        self.detail = detail
        self.sourceKey = sourceKey
        self.sourceVersion = sourceVersion ?? 0
    }
}

/// People's recovery timelines.
enum TimelineStore {
    static func add(_ entry: TimelineEntry, in work: UnitOfWork) async throws {
        let id: TimelineEventID = work.ids.new()
        try await work.transaction.execute(
            TimelineStatements.upsert, work.agencyID, id, entry.participantID, entry.kind, entry.occurredAt,
            entry.referralID, JSONB(encoding: entry.detail), entry.sourceKey, entry.sourceVersion, work.now
        )
    }

    /// Stores an event that somebody reported.
    static func add(
        _ event: ReportedEvent, id: TimelineEventID, of participantID: ParticipantID, in work: UnitOfWork
    ) async throws {
        let day = try await AgencyCalendar.day(event.occurredOn, in: work)
        let detail = event.modality.map { ["modality": $0] } ?? [:]
        try await work.transaction.execute(
            TimelineStatements.insertReported, work.agencyID, id, participantID, event.kind, day.startsAt,
            event.occurredOn, event.precision, event.sourceTier, JSONB(encoding: detail), work.now, work.actor
        )
    }

    static func find(_ id: TimelineEventID, in work: UnitOfWork) async throws -> (ParticipantID, TimelineEvent)? {
        let rows = try await work.transaction.query(TimelineStatements.find, work.agencyID, id)
        return try rows.first.map { (try $0.column("participant_id"), try event($0)) }
    }

    /// A person's events, the newest first, from before a position on.
    static func list(
        of participantID: ParticipantID, before: (Instant, TimelineEventID), limit: Int, in work: UnitOfWork
    ) async throws -> [TimelineEvent] {
        try await work.transaction.query(
            TimelineStatements.list, work.agencyID, participantID, before.0, before.1, limit
        ).map(event)
    }

    /// The events that a person's recovery is read from; contacts, of which there are hundreds, are none of them.
    static func milestones(of participantID: ParticipantID, in work: UnitOfWork) async throws -> [TimelineEvent] {
        try await work.transaction.query(
            TimelineStatements.milestones, work.agencyID, participantID, Array(RecoveryTimeline.kinds.map(\.rawValue))
        ).map(event)
    }

    private static func event(_ row: Row) throws -> TimelineEvent {
        let (id, _, kind, occurredAt, occurredOn, precision, sourceTier, referralID, detail) = try row.decode(
            (
                TimelineEventID, ParticipantID, TimelineKind, Instant, CivilDate, DatePrecision, SourceTier,
                ReferralID?,
                JSONB
            ).self
        )
        return TimelineEvent(
            id: id, kind: kind, occurredAt: occurredAt, occurredOn: occurredOn, precision: precision,
            sourceTier: sourceTier, referralID: referralID, detail: try detail.decoded(as: [String: String].self)
        )
    }
}
