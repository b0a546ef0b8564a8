internal import Models

extension Measurement {
    /// A part for each window of days after the day of acceptance: reached in it at least once, or not.
    func engagement(_ journeys: [ReferralJourney]) -> MeasureResult {
        result(
            (definition.windows ?? []).map { window in
                var part = MeasurePart(code: window.code)
                for journey in journeys { part.add(journey.subject, judge(journey, in: window)) }
                return part
            }
        )
    }

    private func judge(_ journey: ReferralJourney, in window: MeasureDefinition.DayWindow) -> Judgement {
        let first = journey.accepted.on.adding(days: window.fromDay)
        let last = journey.accepted.on.adding(days: window.toDay)
        if let exclusion = exclusion(journey, lastDay: last) { return .excluded(exclusion) }
        // The last day must be over, also for those who were reached early; see the deadline of a time to an event.
        guard last < asOfOn else { return .notYetObserved }
        let reached = journey.contacts.contains {
            $0.outcome == .reached && $0.occurred.on >= first && $0.occurred.on <= last
        }
        return reached ? .yes : .no
    }

    /// Someone who died, was never eligible, or whose referral was taken back within the window cannot be engaged in it:
    /// left out, whether or not there was a contact before.
    private func exclusion(_ journey: ReferralJourney, lastDay: CivilDate) -> ExclusionReason? {
        func isWithin(_ moment: LocalInstant?) -> Bool { moment.map { $0.on <= lastDay } ?? false }
        if excludes(.cancelledBeforeEvent), isWithin(journey.cancelled) { return .cancelledBeforeEvent }
        if excludes(.diedBeforeEvent), isWithin(journey.died) { return .diedBeforeEvent }
        if excludes(.notEligible), journey.closing?.reason == .known(.notEligible) { return .notEligible }
        return nil
    }
}
