internal import Models

extension Measurement {
    /// Planned contacts: reached within the window round the due time, or not.
    ///
    /// - Parameter planned: those due in the period, attempts or none.
    public func result(of planned: [PlannedContact]) -> MeasureResult {
        var part = MeasurePart(code: definition.event.rawValue)
        guard let window = definition.window else { return result([part]) }
        for contact in planned.sorted(by: { ($0.planID, $0.dueAt) < ($1.planID, $1.dueAt) }) {
            part.add(contact.subject, judge(contact, window))
        }
        return result([part])
    }

    private func judge(_ contact: PlannedContact, _ window: MeasureDefinition.DueWindow) -> Judgement {
        let opens = window.secondsBefore.map { contact.dueAt - .seconds($0) }
        let closes = contact.dueAt + .seconds(window.secondsAfter)
        func came(_ instant: Instant?, before limit: Instant) -> Bool {
            instant.map { $0 < limit && $0 <= asOf } ?? false
        }
        if excludes(.diedBeforeEvent), came(contact.diedAt, before: closes) { return .excluded(.diedBeforeEvent) }
        if excludes(.planClosedBeforeDue), came(contact.planClosedAt, before: contact.dueAt) {
            return .excluded(.planClosedBeforeDue)
        }
        guard closes <= asOf else { return .notYetObserved }
        let reached = contact.attempts.contains {
            $0.outcome == .reached && $0.occurred.at >= opens ?? $0.occurred.at && $0.occurred.at <= closes
        }
        return reached ? .yes : .no
    }
}

extension PlannedContact {
    var subject: MeasureSubject { MeasureSubject(rawValue: "\(planID)/\(dueAt)") }
}
