internal import JSON

/// Which claims of an issuer's tokens say what: a name, or a JSON pointer (RFC 6901) into nested claims, such as
/// `/realm_access/roles`. What is left out keeps Handrail's own name.
public struct ClaimNames: Hashable, Sendable, Decodable {
    /// `agency_id`.
    public var agency: String?
    /// `role`: a text, or a list of roles or groups.
    public var role: String?
    /// `peer_id`.
    public var peer: String?
    /// `participant_id`.
    public var participant: String?
    /// `partner_id`.
    public var partner: String?

    public init(
        agency: String? = nil, role: String? = nil, peer: String? = nil, participant: String? = nil,
        partner: String? = nil
    ) {
        (self.agency, self.role, self.peer) = (agency, role, peer)
        (self.participant, self.partner) = (participant, partner)
    }

    /// The claim of that name; nil where the token has none.
    static func find(_ name: String, in payload: JSONValue) -> JSONValue? {
        guard name.hasPrefix("/") else { return payload[name] }
        var value: JSONValue? = payload
        for part in name.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            value = value?[String(part).replacing("~1", with: "/").replacing("~0", with: "~")]
        }
        return value
    }
}
