extension R4 {
    /// http://hl7.org/fhir/task-status
    public enum TaskStatus: String, CaseIterable, Hashable, Sendable {
        case draft, requested, received, accepted, rejected, ready, cancelled, failed, completed
        case inProgress = "in-progress"
        case onHold = "on-hold"
        case enteredInError = "entered-in-error"

        /// Whether it is one of Gravity's: all except ready and received (HL7 SDOH Clinical Care).
        public var isUsedForReferrals: Bool { self != .ready && self != .received }

        /// Whether nothing but `entered-in-error` can follow.
        public var isFinal: Bool {
            switch self {
            case .rejected, .cancelled, .failed, .completed, .enteredInError: true
            case .draft, .requested, .received, .accepted, .ready, .inProgress, .onHold: false
            }
        }

        /// Whether the reason has to be said in words: Gravity says it should be, and that a reason without text is no
        /// reason; a loop that ends without one helps nobody, so we require it.
        public var needsReason: Bool {
            switch self {
            case .rejected, .cancelled, .onHold, .failed: true
            default: false
            }
        }
    }
}

/// The life of a referral's Task, as HL7's SDOH Clinical Care guide (Gravity) draws it. Pure: it only answers.
public enum TaskLife {
    /// Who changes the Task.
    public enum Party: String, CaseIterable, Hashable, Sendable {
        /// Who referred.
        case requester
        /// Who does the work: Handrail's agency.
        case performer
    }

    /// Why a change of status is refused.
    public enum Refusal: Error, Hashable, Sendable, CaseIterable {
        /// The guide has no such step.
        case noSuchStep
        /// The step exists, but not for this party.
        case notYours
        /// The step needs a `statusReason.text`.
        case reasonMissing
    }

    /// The statuses that can follow one, whoever sets them. Staying is no step.
    public static func steps(from status: R4.TaskStatus) -> Set<R4.TaskStatus> {
        switch status {
        case .draft: [.requested, .enteredInError]
        case .requested: [.accepted, .rejected, .cancelled, .enteredInError]
        case .accepted: [.inProgress, .onHold, .cancelled, .completed, .failed, .enteredInError]
        case .inProgress: [.onHold, .cancelled, .completed, .failed, .enteredInError]
        case .onHold: [.inProgress, .cancelled, .completed, .failed, .enteredInError]
        case .rejected, .cancelled, .failed, .completed: [.enteredInError]
        case .received, .ready: [.enteredInError]
        case .enteredInError: []
        }
    }

    /// Who may set a status.
    public static func parties(setting status: R4.TaskStatus) -> Set<Party> {
        switch status {
        case .draft, .requested, .enteredInError: [.requester]
        case .accepted, .rejected, .inProgress, .onHold, .failed, .completed: [.performer]
        case .cancelled: [.requester, .performer]
        case .received, .ready: []
        }
    }

    /// Says whether a party may take a step.
    ///
    /// - Parameter reason: `statusReason.text`; blank is as missing.
    /// - Throws: the first refusal that applies. Setting the same status again is no step and is never refused.
    public static func check(
        from old: R4.TaskStatus, to new: R4.TaskStatus, by party: Party, reason: String?
    ) throws(Refusal) {
        guard old != new else { return }
        guard steps(from: old).contains(new) else { throw .noSuchStep }
        guard parties(setting: new).contains(party) else { throw .notYours }
        if new.needsReason, !(reason ?? "").contains(where: { !$0.isWhitespace }) { throw .reasonMissing }
    }
}

extension TaskLife.Refusal {
    /// The issue that names both statuses, for an answer 422.
    public func issue(from old: R4.TaskStatus, to new: R4.TaskStatus) -> R4.Issue {
        switch self {
        case .noSuchStep:
            let possible = TaskLife.steps(from: old).map(\.rawValue).sorted().joined(separator: ", ")
            return R4.Issue(
                .businessRule,
                "A Task cannot go from \(old.rawValue) to \(new.rawValue). "
                    + (possible.isEmpty ? "Nothing follows \(old.rawValue)." : "From there it can go to: \(possible)."),
                at: ["Task.status"]
            )
        case .notYours:
            let whose = TaskLife.parties(setting: new).map(\.rawValue).sorted().joined(separator: " or ")
            return R4.Issue(
                .businessRule,
                "A Task goes from \(old.rawValue) to \(new.rawValue) by its \(whose.isEmpty ? "nobody" : whose) only.",
                at: ["Task.status"]
            )
        case .reasonMissing:
            return R4.Issue(
                .required,
                "A Task that goes from \(old.rawValue) to \(new.rawValue) needs the reason in statusReason.text.",
                at: ["Task.statusReason.text"]
            )
        }
    }
}
