public import Models

/// What a participant finds wrong in the record, and what became of it (45 CFR 164.526).
public struct AmendmentRequest: Hashable, Sendable {
    /// Where it stands.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case requested, accepted, denied
    }

    public let amendmentID: AmendmentID
    public let participantID: ParticipantID
    public var version: Int
    /// What part of the record it is about.
    public let dataClass: DataClass
    /// What is wrong, and what would be right.
    public let request: String
    public private(set) var status: Status
    public let requestedAt: Instant
    public let requestedBy: String
    public private(set) var decidedAt: Instant?
    public private(set) var decidedBy: String?
    /// Why it was denied.
    public private(set) var reason: String?

    public init(
        amendmentID: AmendmentID, participantID: ParticipantID, version: Int = 1, dataClass: DataClass, request: String,
        status: Status = .requested, requestedAt: Instant, requestedBy: String, decidedAt: Instant? = nil,
        decidedBy: String? = nil, reason: String? = nil
    ) {
        self.amendmentID = amendmentID
        self.participantID = participantID
        self.version = version
        self.dataClass = dataClass
        self.request = request
        self.status = status
        self.requestedAt = requestedAt
        self.requestedBy = requestedBy
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
        self.reason = reason
    }

    /// The agency has sixty days (45 CFR 164.526(b)(2)).
    public var dueAt: Instant { requestedAt + .seconds(60 * 86_400) }

    /// Why a decision cannot be made.
    public enum Refusal: Error, Hashable, Sendable {
        case alreadyDecided(Status)
        /// A denial says why (45 CFR 164.526(d)).
        case reasonMissing
    }

    /// Accepts or denies.
    ///
    /// - Throws: ``Refusal``.
    public mutating func decide(
        accepting: Bool, because reason: String?, by subject: String, at instant: Instant
    ) throws(Refusal) {
        guard status == .requested else { throw .alreadyDecided(status) }
        guard accepting || reason?.nonBlank != nil else { throw .reasonMissing }
        status = accepting ? .accepted : .denied
        self.reason = reason
        decidedAt = instant
        decidedBy = subject
        version += 1
    }
}
