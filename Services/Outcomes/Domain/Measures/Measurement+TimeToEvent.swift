internal import Models

extension Measurement {
    /// A part for each threshold, and the times of all.
    func timeToEvent(_ journeys: [ReferralJourney]) -> MeasureResult {
        var parts = definition.thresholds.map { MeasurePart(code: $0.code) }
        var times: [(time: Double, isEvent: Bool)] = []
        for journey in journeys {
            let event = eventInstant(journey)
            let exclusion = exclusionBeforeEvent(journey, event: event)
            for (position, threshold) in definition.thresholds.enumerated() {
                let deadline = index(of: journey) + .seconds(threshold.withinSeconds)
                parts[position].add(journey.subject, judge(event, deadline: deadline, exclusion: exclusion))
            }
            if exclusion == nil { times.append(waited(journey, until: event)) }
        }
        return result(parts, timing: Self.timing(times))
    }

    /// Judged only when the deadline has passed, also where the event came early: counting quick ones at once and slow
    /// ones later would make every unfinished period look too good.
    private func judge(_ event: Instant?, deadline: Instant, exclusion: ExclusionReason?) -> Judgement {
        if let exclusion { return .excluded(exclusion) }
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

    private func exclusionBeforeEvent(_ journey: ReferralJourney, event: Instant?) -> ExclusionReason? {
        func came(_ instant: Instant?) -> Bool {
            guard let instant else { return false }
            return event.map { instant < $0 } ?? true
        }
        if excludes(.cancelledBeforeEvent), came(journey.cancelled?.at) { return .cancelledBeforeEvent }
        if excludes(.diedBeforeEvent), came(journey.died?.at) { return .diedBeforeEvent }
        if excludes(.leftBeforeArrival), journey.bedside?.outcome == .leftBeforeArrival, event == nil {
            return .leftBeforeArrival
        }
        return nil
    }

    private func waited(_ journey: ReferralJourney, until event: Instant?) -> (time: Double, isEvent: Bool) {
        // A clock that ran ahead elsewhere can put an event before its index: that took no time.
        let end = max(index(of: journey), event ?? asOf)
        return (Double((end - index(of: journey)).microseconds) / 1_000_000, event != nil)
    }

    static func timing(_ times: [(time: Double, isEvent: Bool)]) -> EventTiming {
        let curve = KaplanMeier(times)
        let observed = times.count(where: \.isEvent)
        return EventTiming(
            observed: observed,
            stillWaiting: times.count - observed,
            lowerQuartileSeconds: curve.quantile(0.25),
            medianSeconds: curve.quantile(0.5),
            upperQuartileSeconds: curve.quantile(0.75)
        )
    }
}
