public import Models

/// Who is asking, as a verified token says; never as a body or a header says.
public struct Principal: Hashable, Sendable {
    /// The tenant. Everything that the request reads and writes belongs to it.
    public var agencyID: AgencyID
    /// The token's `sub`: stable within its issuer, no name of a person.
    public var subject: String
    /// What the token lets its bearer be in the agency.
    public var role: Role
    /// The token's `scope`, split at spaces.
    public var scopes: Set<String>
    /// The organisation that a partner's client belongs to; nil for everybody else.
    public var partnerID: PartnerID?
    /// The peer whom the token belongs to; nil for everybody else.
    public var peerID: PeerID?
    /// The participant whom the token belongs to; nil for everybody else.
    public var participantID: ParticipantID?
    /// The certificate without which the token is no good (RFC 8705 §3); nil for a token that whoever has it may use.
    public var certificate: CertificateThumbprint?

    public init(
        agencyID: AgencyID,
        subject: String,
        role: Role,
        scopes: Set<String> = [],
        partnerID: PartnerID? = nil,
        peerID: PeerID? = nil,
        participantID: ParticipantID? = nil,
        certificate: CertificateThumbprint? = nil
    ) {
        self.agencyID = agencyID
        self.subject = subject
        self.role = role
        self.scopes = scopes
        self.partnerID = partnerID
        self.peerID = peerID
        self.participantID = participantID
        self.certificate = certificate
    }
}
