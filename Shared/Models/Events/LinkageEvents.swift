/// A linkage went on: somebody was offered a service, it was asked, it took them in or not, it helped.
///
/// Codes and ids only: neither what the service is called nor what anybody said of it.
public struct LinkageChanged: Event {
    public static let topic = "linkage.changed.v1"

    public var linkageID: LinkageID
    public var needID: NeedID
    public var participantID: ParticipantID
    public var version: Int?
    /// The kind of service, by the code of the agency's list: `buprenorphine`, `mutual-aid`.
    public var service: String
    public var status: Carried<LinkageStatus>
    /// When it took the person in; nil while it has not.
    public var startedAt: Instant?
    /// The longest follow-up at which the person was still there; 0 where none said so.
    public var sustainedDays: Int
    /// Why not, by the code of the agency's list; nil unless refused.
    public var refusal: String?
    public var changedAt: Instant

    public var key: String { linkageID.description }

    public init(
        linkageID: LinkageID, needID: NeedID, participantID: ParticipantID, version: Int, service: String,
        status: LinkageStatus, startedAt: Instant?, sustainedDays: Int, refusal: String?, changedAt: Instant
    ) {
        self.linkageID = linkageID
        self.needID = needID
        self.participantID = participantID
        self.version = version
        self.service = service
        self.status = .known(status)
        self.startedAt = startedAt
        self.sustainedDays = sustainedDays
        self.refusal = refusal
        self.changedAt = changedAt
    }
}

/// A day has come on which somebody is to be asked whether the help still holds: the handler reads the linkage again.
public struct LinkageCheckDue: Event {
    public static let topic = "linkage.check_due.v1"

    public var linkageID: LinkageID
    public var dueAt: Instant

    public var key: String { linkageID.description }
    public var version: Int? { nil }

    public init(linkageID: LinkageID, dueAt: Instant) {
        self.linkageID = linkageID
        self.dueAt = dueAt
    }
}

/// Where a linkage stands on its way from an offer to a need that is met.
public enum LinkageStatus: String, Codable, CaseIterable, Hashable, Sendable {
    case offered, contacted
    /// A service that people enter has taken them in: treatment, a residence, a school.
    case admitted
    /// They went to what people go to: a meeting, an appointment, a place of work; or were given what they asked for.
    case attended
    /// Not, for a reason: by the service or by the person.
    case refused
    /// Still there when it was asked again.
    case sustained
    /// It held for a time, and came to its end.
    case ended
    /// The need is met, by this.
    case needMet = "need-met"
    /// Taken back before anything came of it, or written down by mistake.
    case withdrawn
}
