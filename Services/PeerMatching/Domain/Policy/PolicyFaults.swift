extension Policy {
    /// Everything that is wrong with this policy beyond its shape; empty when it may be used.
    public func faults() -> [FieldFault] {
        var faults: [FieldFault] = []
        if version < 1 { faults.append(FieldFault("/version", "starts at 1")) }
        if weights.all.contains(where: { $0 < 0 }) { faults.append(FieldFault("/weights", "no weight is negative")) }
        if weights.all.reduce(0, +) != 100 { faults.append(FieldFault("/weights", "add up to 100")) }
        faults += dispatchFaults()
        if load.initialWeight < 1 { faults.append(FieldFault("/load/initialWeight", "is 1 or more")) }
        for (index, phase) in load.phases.enumerated() where phase.weight < 1 {
            faults.append(FieldFault("/load/phases/\(index)/weight", "is 1 or more"))
        }
        if !(0...48).contains(rota.restHours) { faults.append(FieldFault("/rota/restHours", "is from 0 to 48")) }
        return faults
    }

    private func dispatchFaults() -> [FieldFault] {
        var faults: [FieldFault] = []
        if dispatch.line.isEmpty { faults.append(FieldFault("/dispatch/line", "names an on-call line")) }
        if dispatch.rounds.isEmpty { faults.append(FieldFault("/dispatch/rounds", "has at least one round")) }
        for (index, round) in dispatch.rounds.enumerated() {
            let isLast = index == dispatch.rounds.count - 1
            switch round.waitMinutes {
            case .some(let minutes) where minutes < 1:
                faults.append(FieldFault("/dispatch/rounds/\(index)/waitMinutes", "is 1 or more"))
            case .none where !isLast:
                faults.append(FieldFault("/dispatch/rounds/\(index)/waitMinutes", "is needed before another round"))
            default: break
            }
        }
        // Without a human at the end, a dispatch that nobody answers would wait unseen.
        if let last = dispatch.rounds.last, last.offerTo != .supervisor {
            faults.append(FieldFault("/dispatch/rounds", "end with the supervisor"))
        }
        if dispatch.arriveMinutes < 5 { faults.append(FieldFault("/dispatch/arriveMinutes", "is 5 or more")) }
        return faults
    }
}
