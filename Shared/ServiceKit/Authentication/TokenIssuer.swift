public import Models

/// Whose tokens are accepted, and for whom they may speak, as the file of `HANDRAIL_TOKEN_ISSUERS` lists them:
///
///     [{"issuer": "https://login.example.org/shore", "audience": "handrail",
///       "agency": "0193a1b0-0000-7000-8000-000000000001",
///       "claims": {"role": "groups", "peer": "employee_number"},
///       "roleNames": {"Recovery Coordinators": "coordinator", "Peers": "peer"}},
///      {"issuer": "handrail-local", "jwksFile": "/run/handrail/keys.json", "agencies": ["*"]}]
///
/// An issuer with neither `jwks` nor `jwksFile` is asked by OpenID Connect Discovery where its keys are.
public struct TokenIssuer: Hashable, Sendable, Decodable {
    /// Equal to the token's `iss`.
    public var issuer: String
    /// Where the key set is fetched; `https`, or a loopback address.
    public var jwks: String?
    /// Or the file that it is read from.
    public var jwksFile: String?
    /// Says that the keys are found by discovery, which is also what holds where no place of keys is given.
    public var discovery: Bool?
    /// What the token's `aud` must contain; where absent, the service's name or `handrail`.
    public var audience: String?
    /// The agency of all its tokens, also where a token does not say so; one that names another agency is refused.
    public var agency: AgencyID?
    /// The agencies that it may speak for; where absent, only ``agency``.
    public var agencies: Agencies?
    /// The roles that it may give; where absent, those of an agency's own people.
    public var roles: Set<Role>?
    /// What the issuer's roles or groups are here. Where present, other names count for nothing.
    public var roleNames: [String: Role]?
    /// Which claims say what.
    public var claims: ClaimNames?

    /// The agencies that an issuer may speak for: a list of ids, or `["*"]` for the whole installation.
    public enum Agencies: Hashable, Sendable, Decodable {
        case all
        case only(Set<AgencyID>)

        public init(from decoder: any Decoder) throws {
            let texts = try decoder.singleValueContainer().decode([String].self)
            let ids = texts.compactMap { AgencyID($0) }
            guard texts == ["*"] || (!ids.isEmpty && ids.count == texts.count) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: #"ids of agencies, or ["*"]"#))
            }
            self = texts == ["*"] ? .all : .only(Set(ids))
        }

        func contains(_ agency: AgencyID) -> Bool {
            switch self {
            case .all: true
            case .only(let agencies): agencies.contains(agency)
            }
        }
    }

    /// The roles of an agency's own people. The others reach further: who runs the installation, other processes, and
    /// partners, whose tokens `referrals` gives.
    public static let staffAndParticipants: Set<Role> = [.coordinator, .supervisor, .peer, .participant]

    public init(
        issuer: String,
        jwks: String? = nil,
        jwksFile: String? = nil,
        audience: String? = nil,
        agency: AgencyID? = nil,
        agencies: Agencies? = nil,
        roles: Set<Role>? = nil,
        roleNames: [String: Role]? = nil,
        claims: ClaimNames? = nil
    ) {
        self.issuer = issuer
        self.jwks = jwks
        self.jwksFile = jwksFile
        self.audience = audience
        self.agency = agency
        self.agencies = agencies
        self.roles = roles
        self.roleNames = roleNames
        self.claims = claims
    }

    /// Whether it may give this role in this agency: what was not granted is refused.
    func maySpeak(for agency: AgencyID, as role: Role) -> Bool {
        let isOfAgency = agencies?.contains(agency) ?? (self.agency == agency)
        return isOfAgency && (roles ?? Self.staffAndParticipants).contains(role)
    }
}

extension TokenIssuer {
    /// Where the issuer describes itself (OpenID Connect Discovery 1.0 §4).
    var discoveryURL: String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// What is wrong with it; nil where nothing is.
    var mistake: String? {
        if issuer.isEmpty { return "issuer is empty" }
        if let agency, let agencies, !agencies.contains(agency) { return "\(issuer): agency is not among agencies" }
        if agency == nil, agencies == nil {
            return "\(issuer): give agency, or agencies, where [\"*\"] is the whole installation"
        }
        if let roleNames, roleNames.isEmpty { return "\(issuer): roleNames names no role" }
        switch (jwks, jwksFile) {
        case (nil, nil) where discovery == false, (.some, .some): return "\(issuer) needs either jwks or jwksFile"
        case (.some, nil) where discovery == true, (nil, .some) where discovery == true:
            return "\(issuer): discovery finds the keys, leave jwks and jwksFile out"
        case (nil, nil) where !Self.isSafe(issuer):
            return "\(issuer) needs jwks or jwksFile, or to be https, or http on loopback, to be asked for its keys"
        case (let url?, nil) where !Self.isSafe(url): return "\(issuer): jwks must be https, or http on loopback"
        default: return nil
        }
    }

    /// Where things are tried out, an issuer that says nothing of agencies and roles may speak for all of them.
    var grantedForTrying: TokenIssuer {
        guard agency == nil, agencies == nil else { return self }
        var granted = self
        granted.agencies = .all
        granted.roles = roles ?? Set(Role.allCases)
        return granted
    }

    /// Whether keys may come from there: `https`, or this machine. Never with a user in front of the host, behind whom
    /// another host can hide.
    static func isSafe(_ url: String) -> Bool {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !url.contains(where: { "@\\#".contains($0) }) else {
            return false
        }
        return url.hasPrefix("https://")
            || ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].contains { url.hasPrefix($0) }
    }
}
