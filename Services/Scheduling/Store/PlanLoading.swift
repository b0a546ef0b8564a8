internal import Models
internal import Postgres
internal import SchedulingDomain

extension PlanStore {
    /// A plan with all its parts; nil where the agency has none of this id.
    ///
    /// - Parameter locking: holds the plan's row to the end of the transaction, so that changes follow one another.
    static func load(_ id: PlanID, locking: Bool, in transaction: Transaction) async throws -> ContactPlan? {
        let statement = locking ? PlanStatements.findForUpdate : PlanStatements.find
        guard let row = try await transaction.query(statement, id).first else { return nil }
        let phases = try await transaction.query(PlanStatements.phases, id).map(phase)
        let contacts = try await transaction.query(PlanStatements.contacts, id).map(plannedContact)
        let outreaches = try await transaction.query(PlanStatements.outreach, id).map(outreach)
        return try plan(row, phases: phases, contacts: contacts, outreaches: outreaches)
    }

    private static func plan(
        _ row: Row, phases: [PlanPhase], contacts: [PlannedContact], outreaches: [Outreach]
    ) throws -> ContactPlan {
        let (
            id, participantID, referralID, peerID, programme, programmeVersion, option, zone, status, phase, startedAt,
            begunAt, closedAt, closureReason, closing, followsPlanID, continuedAt, version
        ) = try row.decode(
            (
                PlanID, ParticipantID, ReferralID, PeerID, ProgrammeCode, Int, String, CivilZone, ContactPlan.Status,
                PhaseCode, Instant, Instant?, Instant?, ClosureReason?, JSONB?, PlanID?, Instant?, Int
            ).self
        )
        return ContactPlan(
            id: id, participantID: participantID, referralID: referralID, peerID: peerID, programme: programme,
            programmeVersion: programmeVersion, option: option, zone: zone, startedAt: startedAt, status: status,
            phase: phase, phases: phases, contacts: contacts, outreaches: outreaches, begunAt: begunAt,
            closedAt: closedAt,
            closureReason: closureReason, closing: try closing?.decoded(as: ClosingReview.self),
            followsPlanID: followsPlanID, continuedAt: continuedAt, version: version
        )
    }

    private static func phase(_ row: Row) throws -> PlanPhase {
        let (code, startsOn, endsOn, enteredAt, leftAt, focusAreas, review, by, reason) = try row.decode(
            (PhaseCode, CivilDate, CivilDate?, Instant?, Instant?, [String], JSONB?, String?, String?).self
        )
        return PlanPhase(
            code: code, startsOn: startsOn, endsOn: endsOn, enteredAt: enteredAt, leftAt: leftAt,
            focusAreas: focusAreas, review: try review?.decoded(as: PhaseReview.self),
            override: by.flatMap { by in reason.flatMap { SupervisorOverride(by: by, reason: $0) } }
        )
    }

    private static func plannedContact(_ row: Row) throws -> PlannedContact {
        let (sequence, phase, purpose, dueOn, from, until, status, metBy) = try row.decode(
            (Int, PhaseCode, ContactPurpose, CivilDate, Instant, Instant, PlannedContact.Status, ContactID?).self
        )
        return PlannedContact(
            sequence: sequence, phase: phase, purpose: purpose, dueOn: dueOn, window: try TimeSpan(stored: from, until),
            status: status, metBy: metBy
        )
    }

    private static func outreach(_ row: Row) throws -> Outreach {
        let (sequence, openedAt, dueAt, status, attempts, channels, endedAt) = try row.decode(
            (Int, Instant, Instant, Outreach.Status, Int, [String], Instant?).self
        )
        return Outreach(
            sequence: sequence, openedAt: openedAt, dueAt: dueAt, status: status, attempts: attempts,
            channels: Set(channels.compactMap(ContactMode.init(rawValue:))), endedAt: endedAt
        )
    }
}

extension TimeSpan {
    /// A span as it is stored, where a check holds that it ends after its start.
    init(stored start: Instant, _ end: Instant) throws {
        guard let span = TimeSpan(from: start, until: end) else { throw StoredValueInvalid(column: "window") }
        self = span
    }
}

/// A stored value that the constraints should have kept out.
struct StoredValueInvalid: Error, CustomStringConvertible {
    let column: String
    var description: String { "stored value of \(column) is invalid" }
}
