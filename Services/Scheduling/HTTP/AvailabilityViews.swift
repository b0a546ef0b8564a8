internal import Models
internal import SchedulingDomain
internal import ServiceKit

/// Replaces a peer's availability.
struct ReplaceAvailability: Decodable, Sendable {
    let timeZone: CivilZone
    let rules: [Rule]
    let absences: [AbsenceTime]?

    struct Rule: Codable, Sendable {
        let weekday: Weekday
        let from: TimeOfDay
        let until: TimeOfDay
        let effectiveFrom: CivilDate
        let effectiveUntil: CivilDate?
    }

    struct AbsenceTime: Codable, Sendable {
        let startsAt: Instant
        let endsAt: Instant
        let reason: Absence.Reason
    }

    /// - Throws: 422 with a pointer to each impossible rule or absence; ``Refusal`` where there are too many.
    func availability(of peerID: PeerID) throws -> Availability {
        var errors: [Problem.FieldError] = []
        let rules = rules.enumerated().compactMap { index, rule in
            let made = AvailabilityRule(
                weekday: rule.weekday, from: rule.from, until: rule.until, effectiveFrom: rule.effectiveFrom,
                effectiveUntil: rule.effectiveUntil
            )
            if made == nil {
                errors.append(.init("/rules/\(index)", "begins at 24:00, or ends before it takes effect"))
            }
            return made
        }
        let absences = (absences ?? []).enumerated().compactMap { index, absence in
            let time = TimeSpan(from: absence.startsAt, until: absence.endsAt)
            if time == nil { errors.append(.init("/absences/\(index)", "ends after its start")) }
            return time.map { Absence(time: $0, reason: absence.reason) }
        }
        guard errors.isEmpty else { throw Problem.invalid(errors) }
        return try Availability(peerID: peerID, zone: timeZone, rules: rules, absences: absences, version: 0)
    }
}

/// A peer's availability as callers see it; without a zone and rules where none was ever set.
struct AvailabilityView: Encodable, Sendable {
    let timeZone: CivilZone?
    let rules: [ReplaceAvailability.Rule]
    let absences: [ReplaceAvailability.AbsenceTime]
    let version: Int

    init(_ availability: Availability?) {
        timeZone = availability?.zone
        rules = (availability?.rules ?? []).map {
            ReplaceAvailability.Rule(
                weekday: $0.weekday, from: $0.from, until: $0.until, effectiveFrom: $0.effectiveFrom,
                effectiveUntil: $0.effectiveUntil
            )
        }
        absences = (availability?.absences ?? []).map {
            ReplaceAvailability.AbsenceTime(startsAt: $0.time.startsAt, endsAt: $0.time.endsAt, reason: $0.reason)
        }
        version = availability?.version ?? 0
    }
}
