internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// The facts that measures count, and the results that were shown.
enum MeasureStore {
    /// Runs a measure over a period and keeps the result.
    ///
    /// - Parameter asOf: nil for now; then only the latest result of the period is kept.
    static func run(
        _ definition: MeasureDefinition, _ period: MeasurePeriod, asOf: Instant?, in work: UnitOfWork
    ) async throws -> MeasureResult {
        let at = asOf ?? work.now
        let measurement = Measurement(
            definition, period: period, asOf: at, asOfOn: try await AgencyCalendar.day(of: at, in: work).on,
            runAt: work.now
        )
        let startsAt = try await AgencyCalendar.day(period.from, in: work).startsAt
        let endsAt = try await AgencyCalendar.day(period.to, in: work).endsAt
        let result =
            switch definition.subject {
            case .referral:
                measurement.result(of: try await journeys(definition.index, from: startsAt, to: endsAt, in: work))
            case .plannedContact:
                measurement.result(of: try await plannedContacts(from: startsAt, to: endsAt, in: work))
            }
        try await save(result, isPinned: asOf != nil, in: work)
        return result
    }

    private static func save(_ result: MeasureResult, isPinned: Bool, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            isPinned ? MeasureStatements.savePinned : MeasureStatements.saveLatest, work.agencyID, work.ids.uuid(),
            result.measure, result.version, result.period.from, result.period.to, result.asOf, result.sourceTier,
            result.runAt, work.actor, JSONB(encoding: result)
        )
    }

    static func journeys(
        _ index: MeasureDefinition.Index, from startsAt: Instant, to endsAt: Instant, in work: UnitOfWork
    ) async throws -> [ReferralJourney] {
        let statement =
            index == .received ? MeasureStatements.journeysByReceipt : MeasureStatements.journeysByAcceptance
        var journeys = try await work.transaction.query(statement, work.agencyID, startsAt, endsAt).map(journey)
        let contacts = try await contacts(of: Set(journeys.map(\.participantID)), since: startsAt, in: work)
        for index in journeys.indices { journeys[index].contacts = contacts[journeys[index].participantID] ?? [] }
        return journeys
    }

    private static func contacts(
        of participantIDs: Set<ParticipantID>, since: Instant, in work: UnitOfWork
    ) async throws -> [ParticipantID: [JourneyContact]] {
        guard !participantIDs.isEmpty else { return [:] }
        var found: [ParticipantID: [JourneyContact]] = [:]
        for row in try await work.transaction.query(
            MeasureStatements.contactsOfParticipants, work.agencyID, participantIDs.sorted(), since
        ) {
            let (participantID, outcome, at, on) = try row.decode(
                (ParticipantID, ContactOutcome, Instant, CivilDate).self
            )
            found[participantID, default: []].append(
                JourneyContact(outcome: outcome, occurred: LocalInstant(at: at, on: on))
            )
        }
        return found
    }

    private static func journey(_ row: Row) throws -> ReferralJourney {
        let columns = try row.decode(
            (
                ReferralID, ParticipantID, ProgrammeCode, Instant, Instant, CivilDate, Instant?, Instant?, Instant?,
                Instant?, BedsideOutcome?, Instant?, CivilDate?, Instant?, Carried<ClosingReason>?, Instant?, CivilDate?
            ).self
        )
        var journey = ReferralJourney(
            referralID: columns.0, participantID: columns.1, programme: columns.2, receivedAt: columns.3,
            accepted: LocalInstant(at: columns.4, on: columns.5)
        )
        (journey.dispatchedAt, journey.acknowledgedAt, journey.arrivedAt) = (columns.6, columns.7, columns.8)
        if let at = columns.9, let outcome = columns.10 { journey.bedside = .init(outcome: outcome, at: at) }
        if let at = columns.11, let on = columns.12 { journey.cancelled = LocalInstant(at: at, on: on) }
        if let at = columns.13, let reason = columns.14 { journey.closing = .init(reason: reason, at: at) }
        if let at = columns.15, let on = columns.16 { journey.died = LocalInstant(at: at, on: on) }
        return journey
    }

    private static func plannedContacts(
        from startsAt: Instant, to endsAt: Instant, in work: UnitOfWork
    ) async throws -> [PlannedContact] {
        var planned: [PlannedContact] = []
        for row in try await work.transaction.query(
            MeasureStatements.plannedContacts, work.agencyID, startsAt, endsAt
        ) {
            let (planID, dueAt, closedAt, diedAt, outcome, at, on) = try row.decode(
                (PlanID, Instant, Instant?, Instant?, ContactOutcome?, Instant?, CivilDate?).self
            )
            // The rows of one planned contact follow one another.
            if planned.last?.planID != planID || planned.last?.dueAt != dueAt {
                planned.append(
                    PlannedContact(planID: planID, dueAt: dueAt, planClosedAt: closedAt, diedAt: diedAt)
                )
            }
            if let outcome, let at, let on {
                planned[planned.count - 1].attempts.append(
                    JourneyContact(outcome: outcome, occurred: LocalInstant(at: at, on: on))
                )
            }
        }
        return planned
    }
}
