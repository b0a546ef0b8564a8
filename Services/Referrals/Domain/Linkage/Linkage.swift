public import Models

/// One attempt to bring a person and a service together, for one need: a pure state machine. What others must hear of is
/// in ``changes``; whoever stores it takes them.
public struct Linkage: Hashable, Sendable {
    /// How much was done for it (FACTS §10.2).
    public enum Level: Int, Codable, CaseIterable, Hashable, Sendable {
        case information = 1
        /// Called together.
        case facilitated = 2
        /// Went there together.
        case accompanied = 3
    }

    /// Who said no, and why: codes of ``LinkageCatalogue/refusals``.
    public struct Refused: Hashable, Sendable {
        public let by: LinkageCatalogue.Reason.Side
        public let reason: String

        public init(by: LinkageCatalogue.Reason.Side, reason: String) {
            (self.by, self.reason) = (by, reason)
        }
    }

    /// One move, for the history.
    public struct Change: Hashable, Sendable {
        public let version: Int
        public let status: LinkageStatus
        /// A reason, or an answer with its days.
        public let detail: String?
        public let by: String
        public let at: Instant

        public init(version: Int, status: LinkageStatus, detail: String?, by: String, at: Instant) {
            (self.version, self.status, self.detail, self.by, self.at) = (version, status, detail, by, at)
        }

        /// Who said no and why, where that is what happened.
        public var refused: Refused? {
            guard status == .refused, let parts = detail?.split(separator: ": "), parts.count == 2,
                let side = LinkageCatalogue.Reason.Side(rawValue: String(parts[0]))
            else { return nil }
            return Refused(by: side, reason: String(parts[1]))
        }
    }

    public let linkageID: LinkageID
    public let needID: NeedID
    public let participantID: ParticipantID
    public private(set) var version: Int
    /// A code of ``LinkageCatalogue/services``.
    public let service: String
    public let level: Level
    public private(set) var status: LinkageStatus
    public let entryID: DirectoryEntryID?
    public private(set) var refused: Refused?
    /// When it took the person in, or they went there.
    public private(set) var startedAt: Instant?
    public private(set) var sustainedDays: Int
    public private(set) var checks: [LinkageCheck]
    public let offeredAt: Instant
    public let offeredBy: String
    public private(set) var changedAt: Instant
    /// What happened since it was loaded.
    public private(set) var changes: [Change] = []

    /// Something is offered.
    public init(
        linkageID: LinkageID, needID: NeedID, participantID: ParticipantID, service: String, level: Level,
        entryID: DirectoryEntryID?, by subject: String, at instant: Instant
    ) {
        self.init(
            linkageID: linkageID, needID: needID, participantID: participantID, version: 1, service: service,
            level: level, status: .offered, entryID: entryID, refused: nil, startedAt: nil, sustainedDays: 0,
            checks: [], offeredAt: instant, offeredBy: subject, changedAt: instant)
        changes = [Change(version: 1, status: .offered, detail: nil, by: subject, at: instant)]
    }

    /// As stored.
    public init(
        linkageID: LinkageID, needID: NeedID, participantID: ParticipantID, version: Int, service: String,
        level: Level, status: LinkageStatus, entryID: DirectoryEntryID?, refused: Refused?, startedAt: Instant?,
        sustainedDays: Int, checks: [LinkageCheck], offeredAt: Instant, offeredBy: String, changedAt: Instant
    ) {
        (self.linkageID, self.needID, self.participantID) = (linkageID, needID, participantID)
        (self.version, self.service, self.level, self.status) = (version, service, level, status)
        (self.entryID, self.refused, self.startedAt) = (entryID, refused, startedAt)
        (self.sustainedDays, self.checks) = (sustainedDays, checks)
        (self.offeredAt, self.offeredBy, self.changedAt) = (offeredAt, offeredBy, changedAt)
    }

    /// The service was asked, or went on being possible once more after a no.
    public mutating func contact(by subject: String, at instant: Instant) throws(LinkageRefusal) {
        try move(.contact, nil, by: subject, at: instant)
        refused = nil
    }

    /// It took the person in, or they went there: from then on it is asked again after so many days.
    ///
    /// - Parameters:
    ///   - step: ``LinkageStep/admit`` or ``LinkageStep/attend``.
    ///   - start: when that was: it is often heard of later.
    ///   - checkDays: none where the kind of service is not asked again.
    public mutating func begin(
        _ step: LinkageStep, on start: Instant, checkDays: [Int], by subject: String, at instant: Instant
    ) throws(LinkageRefusal) {
        guard start <= instant else { throw .inFuture }
        try move(step, nil, by: subject, at: instant)
        startedAt = start
        checks = checkDays.map { LinkageCheck(days: $0, dueAt: start + .seconds($0 * 86_400)) }
    }

    /// The service or the person said no.
    public mutating func refuse(_ refused: Refused, by subject: String, at instant: Instant) throws(LinkageRefusal) {
        // Read again by ``Change/refused``.
        try move(.refuse, "\(refused.by.rawValue): \(refused.reason)", by: subject, at: instant)
        self.refused = refused
    }

    /// Says whether it held. The same answer again changes nothing; of days before this one that nobody answered nothing
    /// will be known any more.
    public mutating func answer(
        _ answer: LinkageCheck.Answer, days: Int, by subject: String, at instant: Instant
    ) throws(LinkageRefusal) {
        let step: LinkageStep =
            switch answer {
            case .sustained: .sustain
            case .stopped: .end
            case .unknown: .miss
            }
        guard let position = checks.firstIndex(where: { $0.days == days }) else {
            throw status.after(step) == nil ? .notPossible(from: status, step: step) : .noSuchCheck(days: days)
        }
        if let before = checks[position].answer {
            guard before == answer else { throw .answeredOtherwise(days: days) }
            return
        }
        guard checks[position].isDue(at: instant) else {
            throw .notDue(days: days, dueAt: checks[position].dueAt)
        }
        try move(step, "\(answer.rawValue) after \(days) days", by: subject, at: instant)
        for earlier in checks.indices where checks[earlier].days < days && checks[earlier].answer == nil {
            checks[earlier].close(.unknown, by: subject, at: instant)
        }
        checks[position].close(answer, by: subject, at: instant)
        if answer == .sustained { sustainedDays = max(sustainedDays, days) }
        if status == .ended { dropChecks() }
    }

    /// It came to its end, the need is met by it, or it is taken back.
    ///
    /// - Parameter step: ``LinkageStep/end``, ``LinkageStep/meetNeed`` or ``LinkageStep/withdraw``.
    public mutating func finish(_ step: LinkageStep, by subject: String, at instant: Instant) throws(LinkageRefusal) {
        try move(step, nil, by: subject, at: instant)
        dropChecks()
    }

    /// When somebody is to be asked next; nil where nobody is.
    public var nextCheckAt: Instant? {
        checks.filter { $0.answer == nil && $0.cameDueAt == nil }.map(\.dueAt).min()
    }

    /// Nobody is asked any more.
    private mutating func dropChecks() { checks.removeAll { $0.answer == nil } }

    private mutating func move(
        _ step: LinkageStep, _ detail: String?, by subject: String, at instant: Instant
    ) throws(LinkageRefusal) {
        guard let next = status.after(step) else { throw .notPossible(from: status, step: step) }
        status = next
        version += 1
        changedAt = instant
        changes.append(Change(version: version, status: next, detail: detail, by: subject, at: instant))
    }
}
