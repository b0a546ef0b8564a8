internal import Models
internal import SchedulingDomain

/// A plan as callers see it.
struct PlanView: Encodable, Sendable {
    let planID: PlanID
    let participantID: ParticipantID
    let referralID: ReferralID
    let peerID: PeerID
    let programme: ProgrammeCode
    let programmeVersion: Int
    let option: String
    let timeZone: CivilZone
    let status: ContactPlan.Status
    let phase: PhaseCode
    let startedAt: Instant
    let startedOn: CivilDate
    let begunAt: Instant?
    let closedAt: Instant?
    let closureReason: ClosureReason?
    let followsPlanID: PlanID?
    let phases: [PhaseView]
    let contacts: [PlannedContactView]
    let outreach: OutreachView?
    let version: Int

    init(_ plan: ContactPlan) {
        planID = plan.id
        participantID = plan.participantID
        referralID = plan.referralID
        peerID = plan.peerID
        programme = plan.programme
        programmeVersion = plan.programmeVersion
        option = plan.option
        timeZone = plan.zone
        status = plan.status
        phase = plan.phase
        startedAt = plan.startedAt
        startedOn = plan.startedOn
        begunAt = plan.begunAt
        closedAt = plan.closedAt
        closureReason = plan.closureReason
        followsPlanID = plan.followsPlanID
        phases = plan.phases.map(PhaseView.init)
        contacts = plan.contacts.map(PlannedContactView.init)
        outreach = plan.outreach.map(OutreachView.init)
        version = plan.version
    }
}

/// A phase of a plan.
struct PhaseView: Encodable, Sendable {
    let phase: PhaseCode
    let startsOn: CivilDate
    let endsOn: CivilDate?
    let enteredAt: Instant?
    let leftAt: Instant?
    let focusAreas: [String]
    let review: PhaseReview?
    let override: SupervisorOverride?

    init(_ phase: PlanPhase) {
        self.phase = phase.code
        startsOn = phase.startsOn
        endsOn = phase.endsOn
        enteredAt = phase.enteredAt
        leftAt = phase.leftAt
        focusAreas = phase.focusAreas
        review = phase.review
        override = phase.override
    }
}

/// A contact that a plan wants.
struct PlannedContactView: Encodable, Sendable {
    let sequence: Int
    let phase: PhaseCode
    let purpose: ContactPurpose
    let dueOn: CivilDate
    let dueFrom: Instant
    let dueUntil: Instant
    let status: PlannedContact.Status
    let metBy: ContactID?

    init(_ contact: PlannedContact) {
        sequence = contact.sequence
        phase = contact.phase
        purpose = contact.purpose
        dueOn = contact.dueOn
        dueFrom = contact.window.startsAt
        dueUntil = contact.window.endsAt
        status = contact.status
        metBy = contact.metBy
    }
}

/// Outreach after a missed contact.
struct OutreachView: Encodable, Sendable {
    let sequence: Int
    let status: Outreach.Status
    let openedAt: Instant
    let dueAt: Instant
    let attempts: Int
    let channels: [ContactMode]
    let endedAt: Instant?

    init(_ outreach: Outreach) {
        sequence = outreach.sequence
        status = outreach.status
        openedAt = outreach.openedAt
        dueAt = outreach.dueAt
        attempts = outreach.attempts
        channels = outreach.channels.sorted { $0.rawValue < $1.rawValue }
        endedAt = outreach.endedAt
    }
}

/// A plan in a list: where it stands, without its dates.
struct PlanSummary: Encodable, Sendable {
    let planID: PlanID
    let participantID: ParticipantID
    let referralID: ReferralID
    let peerID: PeerID
    let programme: ProgrammeCode
    let programmeVersion: Int
    let status: ContactPlan.Status
    let phase: PhaseCode
    let startedAt: Instant
    let closedAt: Instant?
    let closureReason: ClosureReason?
    let version: Int
}

/// A programme that plans can be started under.
struct ProgrammeView: Encodable, Sendable {
    let programme: ProgrammeCode
    let version: Int
    let title: String
    let stage: String
    let options: [String]
    let phases: [PhaseTitle]
    let focusAreas: [String]

    struct PhaseTitle: Encodable, Sendable {
        let phase: PhaseCode
        let title: String
    }

    init(_ model: ProgrammeModel) {
        programme = model.code
        version = model.version
        title = model.title
        stage = model.stage.rawValue
        options = model.options.map(\.code)
        phases =
            (model.preparation.map { [PhaseTitle(phase: $0.code, title: $0.title)] } ?? [])
            + model.phases.map { PhaseTitle(phase: $0.code, title: $0.title) }
        focusAreas = model.focusAreas?.codes.sorted() ?? []
    }
}
