public import Models

/// What is wrong with a programme model, in words for whoever wrote the data file.
public struct ProgrammeFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    public let programme: ProgrammeCode
    public let description: String
}

extension ProgrammeModel {
    /// Everything that is wrong with the model; empty for a sound one.
    public var flaws: [ProgrammeFlaw] {
        var found: [String] = []
        if options.isEmpty { found.append("has no option of phase lengths") }
        if phases.isEmpty { found.append("has no phase") }
        let codes = phases.map(\.code) + (preparation.map { [$0.code] } ?? [])
        if Set(codes).count < codes.count { found.append("uses a phase's code twice") }
        if codes.contains(.closed) { found.append("names a phase 'closed', which is where plans end") }
        for option in options {
            if option.phaseLengths.count != phases.count {
                found.append(
                    "option \(option.code) gives \(option.phaseLengths.count) lengths for \(phases.count) phases")
            }
            if equalPhases && Set(option.phaseLengths).count > 1 {
                found.append("option \(option.code) has phases of unequal length")
            }
            if option.phaseLengths.contains(where: { $0.count < 1 }) {
                found.append("option \(option.code) has a phase without length")
            }
        }
        for rule in (preparation?.contacts ?? []) + phases.flatMap(\.contacts) + (recurrence.map { [$0] } ?? []) {
            if let flaw = rule.flaw { found.append("rule \(rule.purpose): \(flaw)") }
        }
        // Without an end of its own, a rule of the open-ended preparation would plan for ever.
        if preparation?.contacts.contains(where: \.isEndless) == true || recurrence?.isEndless == true {
            found.append("has a rule without 'times' where no phase's end bounds it")
        }
        if let areas = focusAreas, areas.minimum > areas.maximum || areas.maximum > areas.codes.count {
            found.append("asks for \(areas.minimum) to \(areas.maximum) of \(areas.codes.count) focus areas")
        }
        if focusAreas == nil && phases.contains(where: \.requirements.nextPhasePlan) {
            found.append("requires phase plans but names no focus areas")
        }
        if stage == .acute && continuation?.afterClosing.contains(.completed) != true {
            found.append("ends without continuing care: an acute programme must name what follows it")
        }
        return found.map { ProgrammeFlaw(programme: code, description: "\(code) v\(version) \($0)") }
    }
}

extension ContactRule {
    var isEndless: Bool {
        if case .every(_, _, nil) = recurrence { true } else { false }
    }

    fileprivate var flaw: String? {
        guard earlyDays >= 0, lateDays >= 0 else { return "has a negative window" }
        switch recurrence {
        case .within(let hours): return hours < 1 ? "asks for contact within no time" : nil
        case .onDay(let day): return day < 1 ? "falls before the phase" : nil
        case .every(let period, let first, let times):
            if period.count < 1 || first < 1 || (times ?? 1) < 1 { return "repeats in no time" }
            let shortest = if case .months(let count) = period { 28 * count } else { 7 * period.count }
            return earlyDays + lateDays >= shortest ? "has windows that overlap" : nil
        }
    }
}
