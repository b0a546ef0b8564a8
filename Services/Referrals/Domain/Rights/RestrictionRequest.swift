public import Confidentiality
public import Models

/// What a participant asks not to be done, and what became of it (42 CFR 2.26, 45 CFR 164.522(a)).
///
/// Asked for → agreed to or declined; what was agreed to holds until it is ended. A restriction against health plans for
/// what was paid in full cannot be declined.
public struct RestrictionRequest: Hashable, Sendable {
    /// Where it stands.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case requested, agreed, declined, ended
    }

    public let restrictionID: RestrictionID
    public let participantID: ParticipantID
    public var version: Int
    public let recipient: Restriction.Recipient
    /// Empty for everything.
    public let classes: Set<DataClass>
    /// Empty for every purpose.
    public let purposes: Set<PurposeOfUse>
    /// Whether the person, or somebody for them, paid for the service in full.
    public let isPaidInFull: Bool
    public private(set) var status: Status
    public let requestedAt: Instant
    public let requestedBy: String
    public private(set) var decidedAt: Instant?
    public private(set) var decidedBy: String?
    /// Why it was declined or ended.
    public private(set) var reason: String?

    public init(
        restrictionID: RestrictionID, participantID: ParticipantID, version: Int = 1, recipient: Restriction.Recipient,
        classes: Set<DataClass>, purposes: Set<PurposeOfUse>, isPaidInFull: Bool, status: Status = .requested,
        requestedAt: Instant, requestedBy: String, decidedAt: Instant? = nil, decidedBy: String? = nil,
        reason: String? = nil
    ) {
        self.restrictionID = restrictionID
        self.participantID = participantID
        self.version = version
        self.recipient = recipient
        self.classes = classes
        self.purposes = purposes
        self.isPaidInFull = isPaidInFull
        self.status = status
        self.requestedAt = requestedAt
        self.requestedBy = requestedBy
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
        self.reason = reason
    }

    /// What may be decided about it.
    public enum Verb: String, CaseIterable, Hashable, Sendable {
        case agree, decline, end
    }

    /// Why a decision cannot be made.
    public enum Refusal: Error, Hashable, Sendable {
        /// It was decided already, or has ended.
        case alreadyDecided(Status)
        /// Against a health plan, for what was paid in full: the agency must agree (45 CFR 164.522(a)(1)(vi)).
        case mustBeAgreed
        /// A refusal says why.
        case reasonMissing
    }

    /// Decides.
    ///
    /// - Throws: ``Refusal``.
    public mutating func decide(
        _ verb: Verb, because reason: String?, by subject: String, at instant: Instant
    ) throws(Refusal) {
        switch (verb, status) {
        case (.agree, .requested): status = .agreed
        case (.decline, .requested):
            guard !mustBeAgreed else { throw .mustBeAgreed }
            guard reason?.nonBlank != nil else { throw .reasonMissing }
            status = .declined
        case (.end, .agreed), (.end, .requested): status = .ended
        default: throw .alreadyDecided(status)
        }
        self.reason = reason
        decidedAt = instant
        decidedBy = subject
        version += 1
    }

    /// Whether the law leaves the agency no choice.
    public var mustBeAgreed: Bool { isPaidInFull && recipient == .kind(.healthPlan) }
}
