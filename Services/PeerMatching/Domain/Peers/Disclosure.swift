public import Models

/// Lived experience that a peer chose to share for matching, with where it came from and the consent to use it.
///
/// Voluntary: a peer without any is matched by everything else. Never exported, and gone when it is taken back.
public struct Disclosure: Codable, Hashable, Sendable {
    public var kind: Kind
    /// A code of the agency (`young-adult`, `mutual-aid`, `opioids`); `yes` for kinds that need none.
    public var value: String
    public var source: Source
    public var consentedOn: CivilDate
    /// Whether participants and colleagues may be told that this is why the peer was proposed.
    public var mayBeNamed: Bool

    public init(kind: Kind, value: String, source: Source, consentedOn: CivilDate, mayBeNamed: Bool) {
        self.kind = kind
        self.value = value
        self.source = source
        self.consentedOn = consentedOn
        self.mayBeNamed = mayBeNamed
    }

    /// What may be shared. A closed set: race and ethnicity are not in it, and so can never take part in a match.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable, Comparable {
        case lifeStage = "life-stage"
        case pathway = "recovery-pathway"
        case justice
        case substance
        case veteran
        case lgbtq
        case parent

        public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }

        /// Whether the kind itself says it, so that its value is always `yes`.
        public var isYesOnly: Bool {
            switch self {
            case .lifeStage, .pathway, .substance: false
            case .justice, .veteran, .lgbtq, .parent: true
            }
        }
    }

    /// Who said so.
    public enum Source: String, Codable, CaseIterable, Hashable, Sendable {
        case peer
        case application
        case supervisorWithPeer = "supervisor-with-peer"
    }
}
