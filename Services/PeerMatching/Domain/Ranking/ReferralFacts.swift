public import Models

/// What one referral says that bears on the choice of a peer.
public struct ReferralFacts: Hashable, Sendable {
    public var setting: Setting
    public var priority: Priority
    public var programme: ProgrammeCode
    public var partnerID: PartnerID?
    public var languages: [LanguageTag]
    public var peerGender: String?
    public var takesMedication: Bool?
    public var isLive: Bool

    public init(
        setting: Setting, priority: Priority, programme: ProgrammeCode, partnerID: PartnerID? = nil,
        languages: [LanguageTag] = [], peerGender: String? = nil, takesMedication: Bool? = nil, isLive: Bool = true
    ) {
        self.setting = setting
        self.priority = priority
        self.programme = programme
        self.partnerID = partnerID
        self.languages = languages
        self.peerGender = peerGender
        self.takesMedication = takesMedication
        self.isLive = isLive
    }
}

extension Need {
    /// What several referrals of one person say together, in the order in which they joined the match.
    ///
    /// Place and urgency come from the most urgent live one, the newest among equals, because that is where the person
    /// is; what it leaves open comes from the others, newest first. Nil without any referral.
    public init?(of participantID: ParticipantID, from referrals: [ReferralFacts], isEmergency: (ReferralFacts) -> Bool)
    {
        let live = referrals.filter(\.isLive)
        let newestFirst = (live.isEmpty ? referrals : live).reversed().enumerated().sorted { left, right in
            let (leftUrgency, rightUrgency) = (
                Self.urgency(left.element, isEmergency), Self.urgency(right.element, isEmergency)
            )
            return leftUrgency == rightUrgency ? left.offset < right.offset : leftUrgency > rightUrgency
        }.map(\.element)
        guard let leading = newestFirst.first else { return nil }
        self.init(
            participantID: participantID, setting: leading.setting, priority: leading.priority,
            programme: leading.programme, languages: newestFirst.first { !$0.languages.isEmpty }?.languages ?? [],
            peerGender: newestFirst.lazy.compactMap(\.peerGender).first,
            // One who takes medication is supported in it, whoever knew.
            takesMedication: newestFirst.contains { $0.takesMedication == true }
                ? true : newestFirst.lazy.compactMap(\.takesMedication).first
        )
    }

    private static func urgency(_ referral: ReferralFacts, _ isEmergency: (ReferralFacts) -> Bool) -> Int {
        let order = Priority.allCases.firstIndex(of: referral.priority) ?? 0
        return order + (isEmergency(referral) ? Priority.allCases.count : 0)
    }

    /// The partner whose place the leading referral speaks of: the one in the same setting, newest first.
    public static func leadingPartner(_ need: Need, among referrals: [ReferralFacts]) -> PartnerID? {
        referrals.last { $0.setting == need.setting && $0.priority == need.priority && $0.partnerID != nil }?.partnerID
    }
}
