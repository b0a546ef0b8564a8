public import Models

/// A person with lived experience who supports others, as matching knows them.
///
/// Nobody is added to a full `caseload`; only a merge of participants that is taken back can leave it above
/// `terms.caseloadCap`.
public struct Peer: Hashable, Sendable {
    public let id: PeerID
    public var profile: Profile
    public var terms: Terms
    /// People supported now.
    public let caseload: Int
    /// The same people, each weighed by the phase of their plan.
    public let weightedLoad: Int
    public let version: Int

    public init(
        id: PeerID, profile: Profile, terms: Terms, caseload: Int = 0, weightedLoad: Int = 0, version: Int = 1
    ) {
        self.id = id
        self.profile = profile
        self.terms = terms
        self.caseload = caseload
        self.weightedLoad = weightedLoad
        self.version = version
    }

    /// What peers say of themselves, and change themselves.
    public struct Profile: Hashable, Sendable {
        public var languages: [LanguageTag] = []
        /// A code of the agency; nil when not given.
        public var gender: String?
        /// Area codes of the agency that the peer travels to, home first.
        public var areas: [String] = []
        public var disclosures: [Disclosure] = []
        /// The day on which the peer attested to support people who take medication; nil when they did not.
        public var supportsMedicationOn: CivilDate?
        /// Scenes the peer is not to be sent to. Honoured without a word to anybody.
        public var sceneOptOuts: [String] = []
        public var recoverySinceOn: CivilDate?
        public var outOfJusticeSinceOn: CivilDate?

        public init() {}
    }

    /// What the agency decides about a peer's work.
    public struct Terms: Hashable, Sendable {
        /// How the peer is called at work; no legal name is needed.
        public var displayName: String
        public var status: Status
        /// The most people at a time. Critical Time Intervention: 20 for a full-time peer (FACTS §6.6).
        public var caseloadCap: Int
        public var credentials: [Credential]
        /// No new assignment before this instant, after an exposure for instance; nil when not paused.
        public var pausedUntil: Instant?

        public init(
            displayName: String, status: Status = .active, caseloadCap: Int = 20, credentials: [Credential] = [],
            pausedUntil: Instant? = nil
        ) {
            self.displayName = displayName
            self.status = status
            self.caseloadCap = caseloadCap
            self.credentials = credentials
            self.pausedUntil = pausedUntil
        }
    }

    /// Whether the peer works here now.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case active, onLeave = "on-leave", left
    }
}
