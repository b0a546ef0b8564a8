import FoundationEssentials
import Models
import SchedulingDomain

extension ProgrammeCatalogue {
    // SAFETY: the data files are tested by themselves; without them no other test makes sense.
    static let fixture = try! ProgrammeCatalogue.builtIn()
}

extension ProgrammeModel {
    static let cti = ProgrammeCatalogue.fixture.newest(.criticalTimeIntervention)!
    static let overdose = ProgrammeCatalogue.fixture.newest(.overdoseFollowUp)!
    static let checkUps = ProgrammeCatalogue.fixture.newest(.recoveryCheckUps)!
}

extension CivilZone {
    static let newYork = CivilZone(identifier: "America/New_York")!
}

extension Instant {
    static func at(_ text: String) -> Instant { Instant(text)! }
}

extension CivilDate {
    static func on(_ text: String) -> CivilDate { CivilDate(text)! }
}

extension ContactPlan {
    static func fixture(
        _ model: ProgrammeModel = .overdose, startedAt: Instant = .at("2026-02-20T15:00:00Z"), option: String? = nil,
        setting: Setting? = .emergencyDepartment, zone: CivilZone = .newYork
    ) throws -> ContactPlan {
        try ContactPlan(
            id: PlanID(rawValue: UUID()),
            PlanRequest(
                participantID: ParticipantID(rawValue: UUID()), referralID: ReferralID(rawValue: UUID()),
                peerID: PeerID(rawValue: UUID()), option: option, setting: setting
            ),
            under: model, zone: zone, at: startedAt
        )
    }

    func contact(
        _ outcome: ContactOutcome = .reached, by mode: ContactMode = .phone, at occurredAt: Instant,
        recordedAt: Instant? = nil
    ) throws -> Contact {
        try Contact(
            id: ContactID(rawValue: UUID()), planID: id, referralID: referralID, participantID: participantID,
            peerID: peerID, mode: mode, outcome: outcome, occurredAt: occurredAt, recordedAt: recordedAt ?? occurredAt
        )
    }
}

extension SupervisorOverride {
    static let fixture = SupervisorOverride(by: "supervisor-1", reason: "agreed in team supervision")!
}
