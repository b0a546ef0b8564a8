internal import Models

extension Measurement {
    /// One part: those whose answer is known, and who of them it is yes for.
    func share(_ journeys: [ReferralJourney]) -> MeasureResult {
        var part = MeasurePart(code: definition.event.rawValue)
        for journey in journeys {
            part.add(journey.subject, definition.population == .seen ? bedside(journey) : closing(journey))
        }
        return result([part])
    }

    private func bedside(_ journey: ReferralJourney) -> Judgement {
        switch journey.bedside?.outcome {
        case .seenAccepted: .yes
        case .seenDeclined, .refusedContact: .no
        // Not seen: outside of what the measure asks, and said so rather than dropped.
        case .leftBeforeArrival: .excluded(.leftBeforeArrival)
        case .unable: .excluded(.unableToConsent)
        case .died: .excluded(.died)
        case nil: journey.cancelled == nil ? .notYetObserved : .excluded(.cancelledBeforeEvent)
        }
    }

    private func closing(_ journey: ReferralJourney) -> Judgement {
        switch journey.closing?.reason {
        case .known(.notReached): .yes
        case .known(.died): .excluded(.died)
        case .known: .no
        // A reason that this version does not know says neither.
        case .other: .notYetObserved
        case nil: journey.cancelled == nil ? .notYetObserved : .excluded(.cancelledBeforeEvent)
        }
    }
}
