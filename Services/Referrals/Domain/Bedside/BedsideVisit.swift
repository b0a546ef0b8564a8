public import Models

/// What is written down of an overdose and the visit at the bedside (FACTS §5.3), as far as no other record has it. Half a
/// record is better than none, so that all of it may be left out; none of it is free text.
public struct BedsideVisit: Hashable, Sendable {
    public var overdoseAt: Instant?
    public var arrivedInHospitalAt: Instant?
    /// Codes of ``BedsideCatalogue/naloxoneGivers``; empty where nobody said.
    public var naloxoneBy: [String] = []
    public var minutesAtBedside: Int?
    /// A code of ``BedsideCatalogue/medications``.
    public var medicationStarted: String?
    public var naloxoneKitGiven: Bool?
    /// A code of ``BedsideCatalogue/dispositions``.
    public var disposition: String?
    public var nextContactOn: CivilDate?
    /// A code of ``BedsideCatalogue/statuses``.
    public var statusAtEightWeeks: String?
    /// As of when; there with the status, and only with it.
    public var statusAtEightWeeksAt: Instant?

    public init() {}

    /// What must be allowed for all of it to be told, beside that there is a referral.
    public func classes(_ catalogue: BedsideCatalogue) -> Set<DataClass> {
        var found = Set(naloxoneBy.map { BedsideCatalogue.dataClass(of: $0, in: catalogue.naloxoneGivers) })
        if let medicationStarted {
            found.insert(BedsideCatalogue.dataClass(of: medicationStarted, in: catalogue.medications))
        }
        if naloxoneKitGiven != nil { found.insert(.medication) }
        if let disposition { found.insert(BedsideCatalogue.dataClass(of: disposition, in: catalogue.dispositions)) }
        if let statusAtEightWeeks {
            found.insert(BedsideCatalogue.dataClass(of: statusAtEightWeeks, in: catalogue.statuses))
        }
        return found.union([.referral])
    }

    /// What of it may be told.
    public func within(
        _ catalogue: BedsideCatalogue, where isAllowed: (DataClass) -> Bool
    ) -> BedsideVisit {
        func isShown(_ code: String, _ list: [BedsideCatalogue.Choice]) -> Bool {
            isAllowed(BedsideCatalogue.dataClass(of: code, in: list))
        }
        var shown = self
        shown.naloxoneBy = naloxoneBy.filter { isShown($0, catalogue.naloxoneGivers) }
        shown.medicationStarted = medicationStarted.flatMap { isShown($0, catalogue.medications) ? $0 : nil }
        if !isAllowed(.medication) { shown.naloxoneKitGiven = nil }
        shown.disposition = disposition.flatMap { isShown($0, catalogue.dispositions) ? $0 : nil }
        if let statusAtEightWeeks, !isShown(statusAtEightWeeks, catalogue.statuses) {
            (shown.statusAtEightWeeks, shown.statusAtEightWeeksAt) = (nil, nil)
        }
        return shown
    }

    /// The same with what was hidden from whoever wrote it: nobody takes away what they cannot see by leaving it out.
    public func keeping(
        _ before: BedsideVisit, _ catalogue: BedsideCatalogue, where isAllowed: (DataClass) -> Bool
    ) -> BedsideVisit {
        let seen = before.within(catalogue, where: isAllowed)
        var kept = self
        kept.naloxoneBy += before.naloxoneBy.filter { !seen.naloxoneBy.contains($0) && !naloxoneBy.contains($0) }
        if medicationStarted == nil, seen.medicationStarted == nil { kept.medicationStarted = before.medicationStarted }
        if naloxoneKitGiven == nil, seen.naloxoneKitGiven == nil { kept.naloxoneKitGiven = before.naloxoneKitGiven }
        if disposition == nil, seen.disposition == nil { kept.disposition = before.disposition }
        if statusAtEightWeeks == nil, seen.statusAtEightWeeks == nil {
            kept.statusAtEightWeeks = before.statusAtEightWeeks
            kept.statusAtEightWeeksAt = before.statusAtEightWeeksAt
        }
        return kept
    }
}
