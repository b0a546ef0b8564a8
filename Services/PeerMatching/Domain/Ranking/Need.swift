public import Models

/// What is known about the person and the place, as far as it bears on the choice of a peer. No identity is in it.
///
/// It is stored with each ranking, so that the ranking can be computed again.
public struct Need: Codable, Hashable, Sendable {
    public var participantID: ParticipantID
    public var setting: Setting
    public var priority: Priority
    public var programme: ProgrammeCode
    /// The most wanted first; empty when nothing is known.
    public var languages: [LanguageTag]
    /// A peer of another gender, or of none given, is then not proposed.
    public var peerGender: String?
    /// Nil when unknown.
    public var takesMedication: Bool?
    public var isMinor: Bool
    /// Where the person is to be met, as an area code of the agency; nil when unknown.
    public var area: String?
    /// Clearances that the referring site asks for.
    public var siteCredentials: [String]
    public var traits: Traits

    /// What the participant said about themself or asked for; all of it voluntary.
    public struct Traits: Codable, Hashable, Sendable {
        public var lifeStages: [String] = []
        public var pathways: [String] = []
        public var substances: [String] = []
        /// Nil when unknown; the setting may say it (Policy.justiceSettings).
        public var justice: Bool?
        /// Experience the participant asked the peer to share; these wishes outrank every weight.
        public var wishes: [Disclosure.Kind] = []

        public init() {}
    }

    public init(
        participantID: ParticipantID, setting: Setting, priority: Priority, programme: ProgrammeCode,
        languages: [LanguageTag] = [], peerGender: String? = nil, takesMedication: Bool? = nil, isMinor: Bool = false,
        area: String? = nil, siteCredentials: [String] = [], traits: Traits = Traits()
    ) {
        self.participantID = participantID
        self.setting = setting
        self.priority = priority
        self.programme = programme
        self.languages = languages
        self.peerGender = peerGender
        self.takesMedication = takesMedication
        self.isMinor = isMinor
        self.area = area
        self.siteCredentials = siteCredentials
        self.traits = traits
    }
}
