public import Models

/// The hard filters: who may be considered at all.
public struct Eligibility: Sendable {
    let need: Need
    let policy: Policy
    let kind: MatchKind
    let now: Instant
    private let requiredCredentials: Set<String>
    private let scenes: Set<String>
    private let programmeRules: [Policy.ProgrammeRule]

    public init(need: Need, policy: Policy, kind: MatchKind, now: Instant) {
        self.need = need
        self.policy = policy
        self.kind = kind
        self.now = now
        programmeRules = policy.filters.programmes.filter { $0.programme == need.programme }
        scenes = policy.scenes(of: need.setting)
        requiredCredentials = Set(
            policy.filters.credentials + need.siteCredentials
                + policy.filters.settings.filter { $0.setting == need.setting }.flatMap(\.credentials)
                + programmeRules.flatMap(\.credentials)
                + (need.isMinor ? policy.filters.minorCredentials : [])
        )
    }

    /// Everything that stands against this peer, in the order of the cases of ``Ground``; empty when eligible.
    public func grounds(against peer: Candidate) -> [Ground] {
        Ground.allCases.filter { stands($0, against: peer) }
    }

    private func stands(_ ground: Ground, against peer: Candidate) -> Bool {
        switch ground {
        case .notActive: peer.status != .active
        case .paused: peer.pausedUntil.map { now < $0 } ?? false
        case .offShift: kind == .dispatch && peer.callOrder == nil
        case .onDispatch: kind == .dispatch && peer.isOnDispatch
        // Somebody whom the peer supports already adds nothing to the caseload.
        case .caseloadFull: peer.caseload >= peer.caseloadCap && !peer.supportsParticipant
        case .language: !speaksOneOf(need.languages, peer)
        case .gender: need.peerGender.map { $0 != peer.gender } ?? false
        case .credential: !requiredCredentials.allSatisfy { holds($0, peer) }
        case .timeInRecovery: programmeRules.contains { !has($0.yearsInRecovery, since: peer.recoverySinceOn) }
        case .timeOutOfJustice: programmeRules.contains { !has($0.yearsOutOfJustice, since: peer.outOfJusticeSinceOn) }
        case .area: need.area.map { !peer.areas.contains($0) } ?? false
        case .medication: need.takesMedication == true && !peer.supportsMedication
        case .scene: !scenes.isDisjoint(with: peer.sceneOptOuts)
        case .excludedPair: peer.isExcluded
        }
    }

    private func speaksOneOf(_ wanted: [LanguageTag], _ peer: Candidate) -> Bool {
        wanted.isEmpty || wanted.contains { language in peer.languages.contains { $0.isUnderstood(by: language) } }
    }

    private func holds(_ kind: String, _ peer: Candidate) -> Bool {
        let today = now.dateInUTC
        return peer.credentials.contains { credential in
            credential.kind == kind && (credential.expiresOn.map { today <= $0 } ?? true)
        }
    }

    private func has(_ years: Int?, since start: CivilDate?) -> Bool {
        guard let years, years > 0 else { return true }
        guard let start else { return false }
        return start.adding(months: 12 * years) <= now.dateInUTC
    }
}
