internal import JSON
internal import Models

/// The claims of a token whose signature holds.
struct TokenClaims: Sendable {
    let principal: Principal
    let expiresAt: Instant

    /// Clocks of issuers and services differ by up to this.
    static let leeway: Duration = .seconds(30)

    /// The issuer that a payload names, before anything is verified: only to find the keys.
    static func issuer(of payload: JSONValue) -> String? { payload["iss"]?.string }

    /// Nil where a claim is missing, is of another type, is out of its time, or does not fit the role.
    init?(_ payload: JSONValue, audiences: Set<String>, now: Instant) {
        guard let subject = payload["sub"]?.string, (1...256).contains(subject.unicodeScalars.count),
            let audience = payload["aud"], !Self.texts(audience).isDisjoint(with: audiences),
            let expiresAt = Self.time(payload["exp"]), now < expiresAt + Self.leeway,
            Self.isPast(payload["nbf"], now), Self.isPast(payload["iat"], now),
            let agencyID = payload["agency_id"]?.string.flatMap({ AgencyID($0) }),
            let role = payload["role"]?.string.flatMap(Role.init(rawValue:))
        else { return nil }
        var principal = Principal(agencyID: agencyID, subject: subject, role: role)
        if let scope = payload["scope"] {
            guard let text = scope.string else { return nil }
            principal.scopes = Set(text.split(separator: " ").map(String.init))
        }
        do {
            principal.partnerID = try Self.id(payload["partner_id"])
            principal.peerID = try Self.id(payload["peer_id"])
            principal.participantID = try Self.id(payload["participant_id"])
        } catch {
            return nil
        }
        guard Self.fits(principal) else { return nil }
        self.principal = principal
        self.expiresAt = expiresAt
    }

    private struct NotAnID: Error {}

    private static func id<Subject>(_ value: JSONValue?) throws(NotAnID) -> ID<Subject>? {
        guard let value else { return nil }
        guard let id = value.string.flatMap({ ID<Subject>($0) }) else { throw NotAnID() }
        return id
    }

    /// Roles that only see their own need to say whose own.
    private static func fits(_ principal: Principal) -> Bool {
        switch principal.role {
        case .partner: principal.partnerID != nil
        case .peer: principal.peerID != nil
        case .participant: principal.participantID != nil
        case .coordinator, .supervisor, .privacyOfficer, .operator, .service: true
        }
    }

    private static func texts(_ value: JSONValue) -> Set<String> {
        if let text = value.string { [text] } else { Set(value.items.compactMap(\.string)) }
    }

    /// Whole seconds; a fraction is dropped.
    private static func time(_ value: JSONValue?) -> Instant? {
        guard case .number(let number)? = value, let seconds = number.double, abs(seconds) < 1e11 else { return nil }
        return Instant(unixSeconds: Int64(seconds))
    }

    private static func isPast(_ value: JSONValue?, _ now: Instant) -> Bool {
        guard let value else { return true }
        guard let time = time(value) else { return false }
        return time <= now + leeway
    }
}
