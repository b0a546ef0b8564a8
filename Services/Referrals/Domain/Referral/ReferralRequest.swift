public import Models

/// What a sender asks for: little is enough (FACTS §9.1: a phone call's worth), more helps to find the right peer.
public struct ReferralRequest: Hashable, Sendable {
    public var setting: Setting
    public var priority: Priority
    public var programme: ProgrammeCode
    /// How the sender can be called back, a number or a desk: free text, stored sealed.
    public var callback: String?
    /// BCP 47 codes, the most wanted first.
    public var languages: [String]
    /// The person's wish for the peer's gender, as a code of the agency.
    public var peerGenderWish: String?
    /// Whether the person takes medication for opioid or alcohol use disorder; nil when unknown.
    public var takesMedication: Bool?
    /// When somebody leaves prison or jail, or the court lets them go: who meets them at the gate has to know.
    public var releaseOn: CivilDate?

    public init(
        setting: Setting, priority: Priority, programme: ProgrammeCode? = nil, callback: String? = nil,
        languages: [String] = [], peerGenderWish: String? = nil, takesMedication: Bool? = nil,
        releaseOn: CivilDate? = nil
    ) {
        self.setting = setting
        self.priority = priority
        self.programme = programme ?? Self.programme(for: setting)
        self.callback = callback
        self.languages = languages
        self.peerGenderWish = peerGenderWish
        self.takesMedication = takesMedication
        self.releaseOn = releaseOn
    }

    /// Whether a peer is to be sent at once: from an emergency department, or at a priority that does not wait.
    public var isEmergency: Bool {
        setting == .emergencyDepartment || priority == .asap || priority == .stat
    }

    /// The programme when the sender names none: after release Critical Time Intervention, otherwise the weeks of
    /// follow-up after an overdose (FACTS §4.3, §5.2).
    static func programme(for setting: Setting) -> ProgrammeCode {
        switch setting {
        case .prison, .jail, .treatmentCourt: .criticalTimeIntervention
        default: .overdoseFollowUp
        }
    }
}
