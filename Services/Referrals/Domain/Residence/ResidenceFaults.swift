extension Residence {
    /// What is wrong with a description; empty where it can be kept.
    public func faults(under policy: ResidencePolicy) -> [Fault] {
        var found = textFaults
        if policy.type(type) == nil {
            found.append(Fault("/type", "one of \(policy.types.map(\.code).joined(separator: ", "))"))
        }
        if serves.isEmpty || Set(serves).count != serves.count {
            found.append(Fault("/serves", "at least one kind of bed, each once"))
        }
        for (cents, pointer) in [(weeklyCents, "/weeklyCents"), (depositCents, "/depositCents")]
        where !(0...10_000_000).contains(cents) {
            found.append(Fault(pointer, "0 to 10000000 cents"))
        }
        for (codes, words, name) in [
            (accessibility, policy.accessibility, "accessibility"), (rules, policy.rules, "rules"),
        ] {
            if Set(codes).count != codes.count { found.append(Fault("/\(name)", "each once")) }
            for (index, code) in codes.enumerated() {
                found += ResidencePolicy.faults(of: code, among: words, at: "/\(name)/\(index)")
            }
        }
        if let position, GeoPosition(latitude: position.latitude, longitude: position.longitude) == nil {
            found.append(Fault("/position", "degrees of a place on the Earth"))
        }
        return found
    }

    private var textFaults: [Fault] {
        let required = [
            ("name", name, 200), ("operatedBy", operatedBy, 200), ("county", county, 100),
            ("returnToUsePolicy", returnToUsePolicy, 4000), ("safeExitPlan", safeExitPlan, 4000),
        ]
        let optional = [
            ("curfew", curfew, 200), ("rulesNote", rulesNote, 2000), ("transport", transport, 1000),
            ("address", address, 300), ("phone", phone, 40), ("url", url, 500),
            ("certificate/affiliate", certificate?.affiliate, 200), ("certificate/number", certificate?.number, 100),
        ]
        return (required.map { ($0, Optional($1), $2) } + optional).compactMap { name, text, limit in
            guard let text, text.nonBlank == nil || text.count > limit else { return nil }
            return Fault("/\(name)", "1 to \(limit) characters")
        }
    }
}

extension BedCount {
    /// What is wrong with numbers that somebody confirms; empty where they can be kept.
    public static func faults(_ counts: [BedCount]) -> [Fault] {
        var found: [Fault] = []
        if Set(counts.map(\.kind)).count != counts.count { found.append(Fault("/counts", "each kind once")) }
        for (index, count) in counts.enumerated()
        where !(0...10_000).contains(count.total) || !(0...max(0, count.total)).contains(count.open) {
            found.append(Fault("/counts/\(index)", "total 0 to 10000, open 0 to total"))
        }
        return found
    }
}
