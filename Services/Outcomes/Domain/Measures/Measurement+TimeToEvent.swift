internal import Models

extension Measurement {
    /// A part for each threshold, and the times of all.
    func timeToEvent(_ journeys: [ReferralJourney]) -> MeasureResult {
        var parts = definition.thresholds.map { MeasurePart(code: $0.code) }
        var times: [(time: Double, isEvent: Bool)] = []
        for journey in journeys {
            let index = index(of: journey)
            let event = eventInstant(journey)
            let ends = ends(of: journey, before: event)
            for (position, threshold) in definition.thresholds.enumerated() {
                let deadline = index + .seconds(threshold.withinSeconds)
                parts[position].add(journey.subject, judge(event, deadline: deadline, ends: ends))
            }
            // Someone whose referral ended first was watched until then, and had no event.
            let isEvent = event != nil && ends.isEmpty
            let until = isEvent ? event ?? asOf : ends.map(\.at).min() ?? asOf
            // A clock that ran ahead elsewhere can put an event before its index: that took no time.
            times.append((Double((max(index, until) - index).microseconds) / 1_000_000, isEvent))
        }
        return result(parts, timing: Self.timing(times))
    }

    /// Judged only when the deadline has passed, also where the event came early: counting quick ones at once and slow
    /// ones later would make every unfinished period look too good. What ended a referral after the deadline excuses
    /// nothing.
    private func judge(_ event: Instant?, deadline: Instant, ends: [End]) -> Judgement {
        if let end = ends.first(where: { $0.at <= deadline }) { return .excluded(end.reason) }
        guard deadline <= asOf else { return .notYetObserved }
        return event.map { $0 <= deadline } ?? false ? .yes : .no
    }

    private func eventInstant(_ journey: ReferralJourney) -> Instant? {
        switch definition.event {
        case .acknowledged: journey.acknowledgedAt
        case .arrived: journey.arrivedAt
        default: journey.firstReachedAt
        }
    }

    /// Something after which the event could not come any more.
    private struct End {
        let reason: ExclusionReason
        let at: Instant
    }

    private func ends(of journey: ReferralJourney, before event: Instant?) -> [End] {
        let left = journey.bedside.flatMap { $0.outcome == .leftBeforeArrival ? $0.at : nil }
        let all: [(reason: ExclusionReason, at: Instant?)] = [
            (.cancelledBeforeEvent, journey.cancelled?.at), (.diedBeforeEvent, journey.died?.at),
            (.leftBeforeArrival, left),
        ]
        return all.compactMap { end in
            guard excludes(end.reason), let at = end.at, event.map({ at < $0 }) ?? true else { return nil }
            return End(reason: end.reason, at: at)
        }
    }

    static func timing(_ times: [(time: Double, isEvent: Bool)]) -> EventTiming {
        let curve = KaplanMeier(times)
        let observed = times.count(where: \.isEvent)
        return EventTiming(
            observed: observed,
            censored: times.count - observed,
            lowerQuartileSeconds: curve.quantile(0.25),
            medianSeconds: curve.quantile(0.5),
            upperQuartileSeconds: curve.quantile(0.75)
        )
    }
}
