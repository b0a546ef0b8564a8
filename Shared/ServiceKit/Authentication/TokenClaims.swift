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

    /// Nil where a claim is missing, is of another type, is out of its time, does not fit the role, or says what the
    /// issuer may not say.
    init?(_ payload: JSONValue, of issuer: TokenIssuer, audiences: Set<String>, now: Instant) {
        guard let subject = payload["sub"]?.string, (1...256).contains(subject.unicodeScalars.count),
            let audience = payload["aud"], !Self.texts(audience).isDisjoint(with: audiences),
            let expiresAt = Self.time(payload["exp"]), now < expiresAt + Self.leeway,
            Self.isPast(payload["nbf"], now), Self.isPast(payload["iat"], now),
            let agencyID = Self.agency(payload, issuer), let role = Self.role(payload, issuer),
            issuer.maySpeak(for: agencyID, as: role)
        else { return nil }
        var principal = Principal(agencyID: agencyID, subject: subject, role: role)
        if let scope = payload["scope"] {
            guard let text = scope.string else { return nil }
            principal.scopes = Set(text.split(separator: " ").map(String.init))
        }
        // A token that is bound to something that is not understood here is bound all the same.
        if let confirmation = payload["cnf"] {
            guard let digest = confirmation["x5t#S256"]?.string.flatMap({ CertificateThumbprint($0) }) else {
                return nil
            }
            principal.certificate = digest
        }
        let names = issuer.claims
        do {
            principal.partnerID = try Self.id(ClaimNames.find(names?.partner ?? "partner_id", in: payload))
            principal.peerID = try Self.id(ClaimNames.find(names?.peer ?? "peer_id", in: payload))
            principal.participantID = try Self.id(
                ClaimNames.find(names?.participant ?? "participant_id", in: payload))
        } catch {
            return nil
        }
        guard Self.fits(principal) else { return nil }
        self.principal = principal
        self.expiresAt = expiresAt
    }

    /// The agency that the token names, or the only one of its issuer; nil where they are not the same.
    private static func agency(_ payload: JSONValue, _ issuer: TokenIssuer) -> AgencyID? {
        guard let claim = ClaimNames.find(issuer.claims?.agency ?? "agency_id", in: payload) else {
            return issuer.agency
        }
        guard let named = claim.string.flatMap({ AgencyID($0) }) else { return nil }
        return issuer.agency == nil || issuer.agency == named ? named : nil
    }

    /// The one role that the token gives. Several are as good as none: which of them holds would be a guess.
    private static func role(_ payload: JSONValue, _ issuer: TokenIssuer) -> Role? {
        guard let claim = ClaimNames.find(issuer.claims?.role ?? "role", in: payload) else { return nil }
        let found = Set(
            texts(claim).compactMap { name in
                if let names = issuer.roleNames { names[name] } else { Role(rawValue: name) }
            })
        return found.count == 1 ? found.first : nil
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
