public import Models

/// Computes measures from journeys. Pure: the same facts and the same `asOf` give the same result.
public struct Measurement: Sendable {
    public let definition: MeasureDefinition
    public let period: MeasurePeriod
    public let asOf: Instant
    /// The agency's day of `asOf`: days count as observed when they are over.
    public let asOfOn: CivilDate
    public let runAt: Instant

    public init(
        _ definition: MeasureDefinition, period: MeasurePeriod, asOf: Instant, asOfOn: CivilDate, runAt: Instant
    ) {
        self.definition = definition
        self.period = period
        self.asOf = asOf
        self.asOfOn = asOfOn
        self.runAt = runAt
    }

    /// A measure about referrals.
    ///
    /// - Parameter journeys: those whose index lies in the period; of others, and of those that began after `asOf`,
    ///   nothing is counted by the caller's query.
    public func result(of journeys: [ReferralJourney]) -> MeasureResult {
        let known = journeys.filter { $0.accepted.at <= asOf }.map { $0.known(by: asOf) }.filter(isInPopulation)
            .sorted { $0.referralID < $1.referralID }
        return switch definition.kind {
        case .timeToEvent: timeToEvent(known)
        case .engagement: engagement(known)
        case .share, .contactsInTime: share(known)
        }
    }

    func result(_ parts: [MeasurePart], timing: EventTiming? = nil) -> MeasureResult {
        MeasureResult(
            measure: definition.id,
            version: definition.version,
            period: period,
            asOf: asOf,
            runAt: runAt,
            sourceTier: definition.sourceTier,
            parts: parts,
            timing: timing
        )
    }

    func excludes(_ reason: ExclusionReason) -> Bool { definition.exclude.contains(reason) }

    private func isInPopulation(_ journey: ReferralJourney) -> Bool {
        switch definition.population {
        case .dispatched, .seen: journey.dispatchedAt != nil
        case .overdoseFollowUp: journey.programme == .overdoseFollowUp
        case .accepted, .closed, .planned: true
        }
    }

    func index(of journey: ReferralJourney) -> Instant {
        definition.index == .received ? journey.receivedAt : journey.accepted.at
    }
}

extension ReferralJourney {
    var subject: MeasureSubject { MeasureSubject(rawValue: referralID.description) }
}
