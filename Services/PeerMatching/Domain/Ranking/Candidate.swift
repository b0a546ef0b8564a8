public import Models

/// A peer as a ranking sees them at one instant: profile, load, and how they stand to this one participant.
///
/// It is stored with each ranking, so that the ranking can be computed again.
public struct Candidate: Codable, Hashable, Sendable {
    public var peerID: PeerID
    public var status: Peer.Status
    public var languages: [LanguageTag]
    public var gender: String?
    /// Home first.
    public var areas: [String]
    public var disclosures: [Disclosure]
    public var supportsMedication: Bool
    public var sceneOptOuts: [String]
    public var recoverySinceOn: CivilDate?
    public var outOfJusticeSinceOn: CivilDate?
    public var credentials: [Held]
    public var caseload: Int
    public var caseloadCap: Int
    public var weightedLoad: Int
    public var pausedUntil: Instant?
    /// When somebody was last assigned to the peer; nil for never.
    public var lastAssignedAt: Instant?
    /// The place on the on-call line at this instant, 1 first; nil when off shift.
    public var callOrder: Int?
    /// Whether another dispatch is offered to the peer, or has them at a bedside.
    public var isOnDispatch: Bool
    /// Whether the pair is excluded; the class of the conflict stays with the supervisors.
    public var isExcluded: Bool
    /// Whether the peer supports this participant already.
    public var supportsParticipant: Bool

    /// A valid credential, as far as a ranking needs it.
    public struct Held: Codable, Hashable, Sendable {
        public var kind: String
        /// Nil: it does not expire.
        public var expiresOn: CivilDate?

        public init(kind: String, expiresOn: CivilDate? = nil) {
            self.kind = kind
            self.expiresOn = expiresOn
        }
    }

    /// A candidate without anything to prefer or to refuse, to be filled in.
    public init(peerID: PeerID, languages: [LanguageTag], caseloadCap: Int) {
        self.peerID = peerID
        self.status = .active
        self.languages = languages
        self.areas = []
        self.disclosures = []
        self.supportsMedication = false
        self.sceneOptOuts = []
        self.credentials = []
        self.caseload = 0
        self.caseloadCap = caseloadCap
        self.weightedLoad = 0
        self.isOnDispatch = false
        self.isExcluded = false
        self.supportsParticipant = false
    }
}
