public import Models

/// A certificate, badge or clearance that a peer holds (FACTS §6.3).
public struct Credential: Codable, Hashable, Sendable {
    /// A code of the agency, such as `cprs`, `hospital-badge` or `prison-entry`.
    public var kind: String
    public var issuer: String
    public var number: String?
    public var issuedOn: CivilDate
    /// The last day on which it is valid; nil for one that does not expire.
    public var expiresOn: CivilDate?
    /// Who looked at the evidence; an unverified credential opens no door.
    public var verifiedBy: String?

    public init(
        kind: String, issuer: String, number: String? = nil, issuedOn: CivilDate, expiresOn: CivilDate? = nil,
        verifiedBy: String? = nil
    ) {
        self.kind = kind
        self.issuer = issuer
        self.number = number
        self.issuedOn = issuedOn
        self.expiresOn = expiresOn
        self.verifiedBy = verifiedBy
    }

    /// Whether it opens doors on that day: verified, issued, and not past its last day.
    public func isValid(on day: CivilDate) -> Bool {
        guard verifiedBy != nil, issuedOn <= day else { return false }
        return expiresOn.map { day <= $0 } ?? true
    }
}
