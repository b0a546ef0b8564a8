public import Models

extension BedsideVisit {
    /// What is wrong with it.
    ///
    /// - Parameter acceptedAt: when the referral was accepted; nil where it was not.
    public func faults(
        _ catalogue: BedsideCatalogue, acceptedAt: Instant?, today: CivilDate, now: Instant
    ) -> [Fault] {
        faultsOfTimes(today: today, now: now) + faultsOfCodes(catalogue)
            + faultsOfStatus(catalogue, acceptedAt: acceptedAt, now: now)
    }

    private func faultsOfTimes(today: CivilDate, now: Instant) -> [Fault] {
        var found: [Fault] = []
        if let arrivedInHospitalAt, arrivedInHospitalAt > now {
            found.append(Fault("/arrivedInHospitalAt", "not in the future"))
        }
        if let overdoseAt {
            if overdoseAt > now {
                found.append(Fault("/overdoseAt", "not in the future"))
            } else if let arrivedInHospitalAt, overdoseAt > arrivedInHospitalAt {
                found.append(Fault("/overdoseAt", "not after the arrival in the hospital"))
            }
        }
        if let minutesAtBedside, !Self.minutes.contains(minutesAtBedside) {
            found.append(Fault("/minutesAtBedside", "0 to \(Self.minutes.upperBound)"))
        }
        // A record may be written long after; a day beyond the next year is a slip of the pen.
        if let nextContactOn, nextContactOn > today.adding(days: 366) {
            found.append(Fault("/nextContactOn", "within a year"))
        }
        return found
    }

    private func faultsOfCodes(_ catalogue: BedsideCatalogue) -> [Fault] {
        var found: [Fault] = []
        if !naloxoneBy.allSatisfy(catalogue.naloxoneGivers.has) || Set(naloxoneBy).count != naloxoneBy.count {
            found.append(Fault("/naloxoneBy", "each once: \(catalogue.naloxoneGivers.oneOf)"))
        }
        for (pointer, code, list) in [
            ("/medicationStarted", medicationStarted, catalogue.medications),
            ("/disposition", disposition, catalogue.dispositions),
            ("/statusAtEightWeeks", statusAtEightWeeks, catalogue.statuses),
        ] {
            if let code, !list.has(code) { found.append(Fault(pointer, list.oneOf)) }
        }
        return found
    }

    private func faultsOfStatus(_ catalogue: BedsideCatalogue, acceptedAt: Instant?, now: Instant) -> [Fault] {
        guard let status = statusAtEightWeeks, let at = statusAtEightWeeksAt else {
            return statusAtEightWeeksAt == nil ? [] : [Fault("/statusAtEightWeeks", "what it was at that time")]
        }
        guard let acceptedAt else { return [Fault("/statusAtEightWeeks", "the referral was not accepted")] }
        if at > now { return [Fault("/statusAtEightWeeksAt", "not in the future")] }
        if at < acceptedAt { return [Fault("/statusAtEightWeeksAt", "not before the referral was accepted")] }
        let isFinal = catalogue.statuses.first { $0.code == status }?.isFinal == true
        let earliest = catalogue.eightWeeks.earliestDays
        if !isFinal, at < acceptedAt + .seconds(earliest * 86_400) {
            return [Fault("/statusAtEightWeeksAt", "\(earliest) days after the referral was accepted, or later")]
        }
        return []
    }

    private static let minutes = 0...1440
}
