public import Models

/// What is learned of a request after it was taken: a phone call's worth comes first, the rest when there is time. What is
/// nil stays as it is.
public struct RequestDetails: Hashable, Sendable {
    public var callback: String?
    public var languages: [String]?
    public var peerGenderWish: String?
    public var takesMedication: Bool?
    public var releaseOn: CivilDate?

    public init(
        callback: String? = nil, languages: [String]? = nil, peerGenderWish: String? = nil,
        takesMedication: Bool? = nil,
        releaseOn: CivilDate? = nil
    ) {
        self.callback = callback
        self.languages = languages
        self.peerGenderWish = peerGenderWish
        self.takesMedication = takesMedication
        self.releaseOn = releaseOn
    }

    /// A request with them in it.
    public func applied(to request: ReferralRequest) -> ReferralRequest {
        var request = request
        request.callback = callback ?? request.callback
        request.languages = languages ?? request.languages
        request.peerGenderWish = peerGenderWish ?? request.peerGenderWish
        request.takesMedication = takesMedication ?? request.takesMedication
        request.releaseOn = releaseOn ?? request.releaseOn
        return request
    }
}

extension Referral {
    /// Somebody adds what was not known before. It is a step of its history and nobody's move: what the referral waits for, and
    /// since when, stays.
    ///
    /// - Returns: whether anything is new.
    /// - Throws: ``Refusal`` `ended`.
    public mutating func complete(
        with details: RequestDetails, by actor: Actor, at instant: Instant
    ) throws(Refusal) -> Bool {
        guard !status.isFinal else { throw Refusal(referralID: referralID, code: .ended(status)) }
        let completed = details.applied(to: request)
        guard completed != request else { return false }
        request = completed
        completedAt = max(instant, completedAt ?? instant)
        version += 1
        changes.append(
            Change(
                version: version, from: status, to: status, business: businessStatus, reason: statusReason, by: actor,
                at: instant))
        return true
    }
}

extension Referral {
    /// Whether this can be the request that it came with: of what was completed since nobody can say.
    public func mayBe(_ other: ReferralRequest) -> Bool {
        guard completedAt != nil else { return request == other }
        return (request.setting, request.priority, request.programme) == (
            other.setting, other.priority, other.programme
        )
    }
}

extension Case {
    /// Adds to a referral what was not known before; whoever looks for a peer is told, where support began with it.
    public mutating func complete(
        _ id: ReferralID, with details: RequestDetails, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        var isNew = false
        try change(id) { referral throws(Referral.Refusal) in
            isNew = try referral.complete(with: details, by: actor, at: instant)
        }
        if isNew { tellDetails(of: id, at: instant) }
    }
}
