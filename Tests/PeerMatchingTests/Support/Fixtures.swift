import FoundationEssentials
import Models
public import PeerMatchingDomain

extension ID {
    /// An identifier by number, so that a test reads well and the order is known.
    static func number(_ number: UInt32) -> Self {
        let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
        return Self(
            rawValue: UUID(uuid: (0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, bytes[0], bytes[1], bytes[2], bytes[3]))
        )
    }
}

extension Instant {
    /// Noon of a Sunday in November.
    static let noon = Instant(unixSeconds: 1_795_348_800)

    static func + (left: Instant, minutes: Int) -> Instant { left + .seconds(minutes * 60) }
}

extension CivilDate {
    /// The first day of all where the text is no date, which no expectation meets.
    static func day(_ text: String) -> CivilDate { CivilDate(text) ?? CivilDate(daysSince1970: 0) }
}

extension Need {
    static func routine() -> Need {
        Need(
            participantID: .number(900), setting: .primaryCare, priority: .routine,
            programme: .criticalTimeIntervention
        )
    }

    static func emergency() -> Need {
        Need(
            participantID: .number(900), setting: .emergencyDepartment, priority: .stat, programme: .overdoseFollowUp
        )
    }

    func with(_ change: (inout Need) -> Void) -> Need {
        var copy = self
        change(&copy)
        return copy
    }
}

extension Candidate {
    static func peer(_ number: UInt32, _ change: (inout Candidate) -> Void = { _ in }) -> Candidate {
        var candidate = Candidate(peerID: .number(number), languages: ["en"], caseloadCap: 20)
        change(&candidate)
        return candidate
    }
}

extension LanguageTag: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(rawValue: value) }
}

extension Disclosure {
    static func shared(_ kind: Kind, _ value: String = "yes", mayBeNamed: Bool = true) -> Disclosure {
        Disclosure(kind: kind, value: value, source: .peer, consentedOn: .day("2026-01-05"), mayBeNamed: mayBeNamed)
    }
}

extension Match {
    static func opened(_ kind: MatchKind) -> Match {
        Match(
            id: .number(500), participantID: .number(900), kind: kind,
            for: LinkedReferral(
                id: .number(700), participantID: .number(900), setting: .emergencyDepartment,
                programme: .overdoseFollowUp),
            at: .noon
        )
    }
}

let first = PeerID.number(1)
let second = PeerID.number(2)
let third = PeerID.number(3)
