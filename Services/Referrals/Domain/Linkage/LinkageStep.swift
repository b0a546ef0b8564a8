public import Models

/// What can happen to a linkage.
public enum LinkageStep: String, Codable, CaseIterable, Hashable, Sendable {
    /// The service was asked, for the first time or once more.
    case contact
    /// It took the person in.
    case admit
    /// The person went there, or was given what they asked for.
    case attend
    /// The service or the person said no.
    case refuse
    /// It was asked whether it holds, and it does.
    case sustain
    /// It was asked, and nobody could say.
    case miss
    /// It does not go on.
    case end
    case meetNeed = "meet-need"
    case withdraw
}

extension LinkageStatus {
    /// Where a step leads from here; nil where it is not possible.
    ///
    /// What was refused may be asked again: places become free on waiting lists, and people change their minds.
    public func after(_ step: LinkageStep) -> LinkageStatus? {
        switch (self, step) {
        case (.offered, .contact), (.refused, .contact): .contacted
        case (.offered, .admit), (.contacted, .admit): .admitted
        case (.offered, .attend), (.contacted, .attend): .attended
        case (.offered, .refuse), (.contacted, .refuse): .refused
        case (.offered, .withdraw), (.contacted, .withdraw): .withdrawn
        case (.admitted, .sustain), (.attended, .sustain), (.sustained, .sustain): .sustained
        case (.admitted, .miss), (.attended, .miss), (.sustained, .miss): self
        case (.admitted, .end), (.attended, .end), (.sustained, .end): .ended
        case (.admitted, .meetNeed), (.attended, .meetNeed), (.sustained, .meetNeed), (.ended, .meetNeed): .needMet
        case (.offered, _), (.contacted, _), (.admitted, _), (.attended, _), (.refused, _), (.sustained, _),
            (.ended, _), (.needMet, _), (.withdrawn, _):
            nil
        }
    }

    /// Whether something came of it.
    public var hasBegun: Bool {
        switch self {
        case .admitted, .attended, .sustained, .ended, .needMet: true
        case .offered, .contacted, .refused, .withdrawn: false
        }
    }

    /// Whether it is over, and nothing came of it.
    public var neverBegan: Bool { !hasBegun && !isOpen }

    /// Whether money may still be reserved for it.
    public var isOpen: Bool {
        switch self {
        case .offered, .contacted, .admitted, .attended, .sustained: true
        case .refused, .ended, .needMet, .withdrawn: false
        }
    }
}

/// Why a linkage does not go on so.
public enum LinkageRefusal: Error, Hashable, Sendable {
    case notPossible(from: LinkageStatus, step: LinkageStep)
    /// The kind of service is not asked again, or not after so many days.
    case noSuchCheck(days: Int)
    /// Nobody can say yet.
    case notDue(days: Int, dueAt: Instant)
    case answeredOtherwise(days: Int)
    case inFuture
    /// Its need is closed: a new linkage needs a need.
    case needClosed
}
