import MessageTable
import Models

@testable import Outcomes

/// A message with what the service does on it.
struct Delivered: Sendable {
    let handle: @Sendable (UnitOfWork) async throws -> Void

    init(_ event: ReferralAccepted) { handle = { try await ReferralHandlers.handle(event, in: $0) } }
    init(_ event: ReferralCancelled) { handle = { try await ReferralHandlers.handle(event, in: $0) } }
    init(_ event: ReferralClosed) { handle = { try await ReferralHandlers.handle(event, in: $0) } }
    init(_ event: MatchAccepted) { handle = { try await MatchHandlers.handle(event, in: $0) } }
    init(_ event: DispatchProgressed) { handle = { try await MatchHandlers.handle(event, in: $0) } }
    init(_ event: PlanStarted) { handle = { try await PlanHandlers.handle(event, in: $0) } }
    init(_ event: PlanPhaseChanged) { handle = { try await PlanHandlers.handle(event, in: $0) } }
    init(_ event: ContactRecorded) { handle = { try await ContactHandlers.handle(event, in: $0) } }
    init(_ event: ContactOverdue) { handle = { try await ContactHandlers.handle(event, in: $0) } }
    init(_ event: AppointmentChanged) { handle = { try await ContactHandlers.handle(event, in: $0) } }
    init(_ event: PlacementChanged) { handle = { try await PlacementHandlers.handle(event, in: $0) } }
    init(_ event: LinkageChanged) { handle = { try await LinkageHandlers.handle(event, in: $0) } }
}

extension ReferralAccepted {
    static func fixture(
        referral: UInt32 = 700, participant: UInt32 = 900, version: Int = 1, at: Instant = .noon
    ) -> ReferralAccepted {
        ReferralAccepted(
            referralID: .number(referral), participantID: .number(participant), version: version,
            setting: .emergencyDepartment, priority: .stat, programme: .overdoseFollowUp, partnerID: .number(3),
            receivedAt: at, acceptedAt: at
        )
    }
}

extension MatchAccepted {
    static func fixture(
        match: UInt32 = 800, referral: UInt32 = 700, participant: UInt32 = 900, peer: UInt32 = 1, version: Int = 2,
        at: Instant = .noon
    ) -> MatchAccepted {
        MatchAccepted(
            matchID: .number(match), referralID: .number(referral), participantID: .number(participant),
            peerID: .number(peer), version: version, kind: .dispatch, setting: .emergencyDepartment,
            programme: .overdoseFollowUp, acceptedAt: at
        )
    }
}

extension DispatchProgressed {
    static func fixture(
        _ step: DispatchStep, _ outcome: BedsideOutcome? = nil, match: UInt32 = 800, referral: UInt32 = 700,
        participant: UInt32 = 900, version: Int, at: Instant
    ) -> DispatchProgressed {
        DispatchProgressed(
            matchID: .number(match), referralID: .number(referral), participantID: .number(participant),
            peerID: .number(1), version: version, step: step, outcome: outcome, at: at
        )
    }
}

extension PlanStarted {
    static func fixture(
        plan: UInt32 = 600, referral: UInt32 = 700, participant: UInt32 = 900, peer: UInt32 = 1, version: Int = 1,
        at: Instant = .noon
    ) -> PlanStarted {
        PlanStarted(
            planID: .number(plan), referralID: .number(referral), participantID: .number(participant),
            peerID: .number(peer), version: version, programme: .overdoseFollowUp, programmeVersion: 1,
            startedOn: at.dateInUTC, startedAt: at
        )
    }
}

extension PlanPhaseChanged {
    static func fixture(
        plan: UInt32 = 600, to phase: String, from: String = "follow-up", version: Int, at: Instant,
        participant: UInt32 = 900
    ) -> PlanPhaseChanged {
        PlanPhaseChanged(
            planID: .number(plan), referralID: .number(700), participantID: .number(participant), version: version,
            from: from, to: phase, changedAt: at
        )
    }
}

extension ContactRecorded {
    static func fixture(
        _ contact: UInt32, _ outcome: ContactOutcome = .reached, plan: UInt32? = 600, participant: UInt32 = 900,
        version: Int = 1, dueAt: Instant? = nil, at: Instant
    ) -> ContactRecorded {
        ContactRecorded(
            contactID: .number(contact), planID: plan.map(PlanID.number), referralID: .number(700),
            participantID: .number(participant), peerID: .number(1), version: version, mode: .phone, outcome: outcome,
            dueAt: dueAt, occurredAt: at, recordedAt: at
        )
    }
}

extension AppointmentChanged {
    static func fixture(_ status: AppointmentStatus, version: Int, at: Instant) -> AppointmentChanged {
        AppointmentChanged(
            appointmentID: .number(500), referralID: .number(700), participantID: .number(900), peerID: .number(1),
            version: version, status: status, startsAt: at, changedAt: at
        )
    }
}
