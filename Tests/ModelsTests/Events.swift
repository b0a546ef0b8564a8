import FoundationEssentials
import JSON
import Models
import Testing

/// One event of each kind with every field set, and a sparse one where fields may be missing. The golden file beside
/// them was written by hand, not by the encoder.
enum Sample {
    static let referral: ReferralID = id(1)
    static let participant: ParticipantID = id(2)
    static let partner: PartnerID = id(3)
    static let peer: PeerID = id(4)
    static let match: MatchID = id(5)
    static let plan: PlanID = id(6)
    static let appointment: AppointmentID = id(7)
    static let contact: ContactID = id(8)
    static let assessment: AssessmentID = id(9)
    static let consent: ConsentID = id(10)

    static let referralAccepted = ReferralAccepted(
        referralID: referral, participantID: participant, version: 1, setting: .emergencyDepartment, priority: .stat,
        programme: .overdoseFollowUp, partnerID: partner, languages: ["es", "en-US"], peerGenderWish: "woman",
        takesMedication: true, receivedAt: at("2026-11-22T01:00:00Z"), acceptedAt: at("2026-11-22T01:00:00.25Z")
    )
    static let referralAcceptedSparse = ReferralAccepted(
        referralID: referral, participantID: participant, version: 1,
        setting: Setting(rawValue: "a-setting-of-the-future"), priority: .routine, programme: .recoveryCheckUps,
        partnerID: nil, receivedAt: at("2026-11-22T01:00:00Z"), acceptedAt: at("2026-11-22T01:00:01Z")
    )
    static let referralDetailed = ReferralDetailed(
        referralID: referral, participantID: participant, version: 3, languages: ["es", "pt-BR"],
        peerGenderWish: "woman", takesMedication: true, detailedAt: at("2026-11-22T02:00:00Z")
    )
    static let referralCancelled = ReferralCancelled(
        referralID: referral, participantID: participant, version: 2, cancelledAt: at("2026-11-22T02:00:00Z")
    )
    static let referralClosed = ReferralClosed(
        referralID: referral, participantID: participant, version: 5, reason: .needPartlyMet,
        closedAt: at("2027-01-17T15:30:00Z")
    )
    static let referralFellDue = ReferralFellDue(
        referralID: referral, step: "decision", since: at("2026-11-22T01:00:00Z"), reminder: 2)
    static let consentChangedBefore = ConsentChangedV1(
        consentID: consent, participantID: participant, version: 2, recipientID: partner, isActive: false,
        changedAt: at("2026-12-01T08:00:00Z")
    )
    static let consentChangedBeforeSparse = ConsentChangedV1(
        consentID: consent, participantID: participant, version: 1, recipientID: nil, isActive: true,
        changedAt: at("2026-11-22T01:00:00Z")
    )
    static let consentChanged = ConsentChanged(
        consentID: consent, participantID: participant, version: 2, kind: .known(.disclosure),
        recipientKind: .known(.organisation), recipientID: partner, organisationKind: "provider",
        purposes: [.known(.treatment), .known(.emergencyTreatment)],
        classes: [.known(.contact), .other("a-class-of-the-future")], signedAt: at("2026-11-20T17:30:00Z"),
        expiresAt: at("2027-11-20T00:00:00Z"), revokedAt: at("2026-12-01T08:00:00Z"), isDeficient: false,
        changedAt: at("2026-12-01T08:00:00Z")
    )
    static let consentChangedSparse = ConsentChanged(
        consentID: consent, participantID: participant, version: 1, kind: .known(.legalProceeding),
        recipientKind: .known(.inWords), recipientID: nil, organisationKind: nil, purposes: [], classes: [],
        signedAt: at("2026-11-20T17:30:00Z"), expiresAt: nil, revokedAt: nil, isDeficient: true,
        changedAt: at("2026-11-22T01:00:00Z")
    )
    static let disclosure: DisclosureID = id(22)
    static let disclosureMade = DisclosureMade(
        disclosureID: disclosure, participantID: participant, version: 1, recipientID: partner,
        classes: [.known(.presence), .known(.contact)], purpose: .known(.treatment), consentID: consent,
        noticeVersion: "2.32-2024", disclosedBy: "coordinator-7", operationID: "createProgressReport",
        disclosedAt: at("2026-12-01T07:59:00Z")
    )
    static let disclosureMadeSparse = DisclosureMade(
        disclosureID: disclosure, participantID: participant, version: 1, recipientID: partner,
        classes: [.known(.presence)], purpose: .known(.payment), consentID: nil, noticeVersion: "2.32-2024",
        disclosedBy: "coordinator-7", operationID: "createProgressReport", disclosedAt: at("2026-12-01T07:59:00Z")
    )
    static let restriction: RestrictionID = id(21)
    static let restrictionChanged = RestrictionChanged(
        restrictionID: restriction, participantID: participant, version: 2, recipientKind: .known(.organisationKind),
        recipient: "health-plan", classes: [.known(.contact), .other("a-class-of-the-future")],
        purposes: [.known(.payment)], endedAt: at("2026-12-01T08:00:00Z"), changedAt: at("2026-12-01T08:00:00Z")
    )
    static let restrictionChangedSparse = RestrictionChanged(
        restrictionID: restriction, participantID: participant, version: 1, recipientKind: .known(.everybodyOutside),
        recipient: nil, classes: [], purposes: [], endedAt: nil, changedAt: at("2026-11-22T01:00:00Z")
    )
    static let participantMerged = ParticipantMerged(
        participantID: participant, intoID: id(22), version: 1, mergedAt: at("2026-12-01T08:00:00Z")
    )
    static let participantUnmerged = ParticipantUnmerged(
        participantID: participant, fromID: id(22), version: 2, unmergedAt: at("2026-12-02T08:00:00Z")
    )
    static let participantErased = ParticipantErased(
        participantID: participant, version: 1, erasedAt: at("2026-12-01T08:00:00Z")
    )
    static let matchAccepted = MatchAccepted(
        matchID: match, referralID: referral, participantID: participant, peerID: peer, version: 3, kind: .dispatch,
        setting: .emergencyDepartment, programme: .overdoseFollowUp, acceptedAt: at("2026-11-22T01:03:00Z")
    )
    static let dispatchEnded = DispatchProgressed(
        matchID: match, referralID: referral, participantID: participant, peerID: peer, version: 5, step: .ended,
        outcome: .seenAccepted, at: at("2026-11-22T02:15:00Z")
    )
    static let dispatchEscalated = DispatchProgressed(
        matchID: match, referralID: referral, participantID: participant, peerID: nil, version: 2, step: .escalated,
        at: at("2026-11-22T01:05:00Z")
    )
    static let dispatchDeadlineDue = DispatchDeadlineDue(
        matchID: match, referralID: referral, deadline: .acknowledge, round: 2, dueAt: at("2026-11-22T01:05:00Z")
    )
    static let suggestionExpiryDue = SuggestionExpiryDue(
        suggestionID: id(11), dueAt: at("2026-11-23T01:05:00Z")
    )
    static let planStarted = PlanStarted(
        planID: plan, referralID: referral, participantID: participant, peerID: peer, version: 1,
        programme: .criticalTimeIntervention, programmeVersion: 2, startedOn: at("2026-11-22T00:00:00Z").dateInUTC,
        startedAt: at("2026-11-22T02:20:00Z")
    )
    static let planPhaseChanged = PlanPhaseChanged(
        planID: plan, referralID: referral, participantID: participant, version: 4, from: "transition", to: "try-out",
        changedAt: at("2027-02-22T17:00:00Z")
    )
    static let appointmentMissed = AppointmentChanged(
        appointmentID: appointment, referralID: referral, participantID: participant, peerID: peer, version: 2,
        status: .noshow, startsAt: at("2026-11-24T15:00:00Z"), changedAt: at("2026-11-24T15:20:00Z")
    )
    static let appointmentBooked = AppointmentChanged(
        appointmentID: appointment, referralID: nil, participantID: participant, peerID: peer, version: 1,
        status: .booked, startsAt: at("2026-11-24T15:00:00Z"), changedAt: at("2026-11-22T02:21:00Z")
    )
    static let contactRecorded = ContactRecorded(
        contactID: contact, planID: plan, referralID: referral, participantID: participant, peerID: peer, version: 1,
        mode: .inPerson, outcome: .reached, dueAt: at("2026-11-24T02:20:00Z"), occurredAt: at("2026-11-23T18:45:00Z"),
        recordedAt: at("2026-11-23T19:00:00.000001Z")
    )
    static let contactOutsidePlan = ContactRecorded(
        contactID: contact, planID: nil, referralID: nil, participantID: participant, peerID: peer, version: 2,
        mode: .text, outcome: .leftMessage, dueAt: nil, occurredAt: at("2026-11-23T18:45:00Z"),
        recordedAt: at("2026-11-23T19:00:00Z")
    )
    static let contactOverdue = ContactOverdue(
        planID: plan, participantID: participant, sequence: 3, dueAt: at("2026-12-08T02:20:00Z")
    )
    static let assessmentRecorded = AssessmentRecorded(
        assessmentID: assessment, participantID: participant, version: 1, instrument: "barc-10",
        answeredAt: at("2026-11-25T16:00:00Z")
    )

    static let placementEnded = PlacementChanged(
        placementID: id(23), participantID: participant, version: 5, residenceID: id(24), residenceType: "M",
        status: .movedOut, movedInAt: at("2026-12-01T16:00:00Z"), movedOutAt: at("2027-03-01T15:00:00Z"),
        moveOutReason: "planned", nextPlace: "own-home", changedAt: at("2027-03-01T15:30:00Z")
    )
    static let placementApplied = PlacementChanged(
        placementID: id(23), participantID: participant, version: 1, residenceID: id(24), residenceType: "P",
        status: .applied, changedAt: at("2026-11-22T01:00:00Z")
    )
    static let need: NeedID = id(48)
    static let linkage: LinkageID = id(49)
    static let linkageChanged = LinkageChanged(
        linkageID: linkage, needID: need, participantID: participant, version: 4, service: "buprenorphine",
        status: .sustained, startedAt: at("2026-11-25T14:00:00Z"), sustainedDays: 30, refusal: nil,
        changedAt: at("2026-12-26T15:00:00Z")
    )
    static let linkageRefused = LinkageChanged(
        linkageID: linkage, needID: need, participantID: participant, version: 2, service: "recovery-residence",
        status: .refused, startedAt: nil, sustainedDays: 0, refusal: "at-capacity",
        changedAt: at("2026-11-24T09:00:00Z")
    )
    static let linkageCheckDue = LinkageCheckDue(linkageID: linkage, dueAt: at("2026-12-25T14:00:00Z"))

    static func at(_ text: String) -> Instant {
        guard let instant = Instant(text) else { preconditionFailure("a sample's time is wrong: \(text)") }
        return instant
    }

    /// `018f3c2a-7b10-7nnn-8nnn-0123456789ab` with the number in both places.
    static func id<Subject>(_ number: UInt64) -> ID<Subject> {
        let instant = Instant(microseconds: 0x018F_3C2A_7B10 * 1000)
        return ID(rawValue: UUID(version7At: instant, random: number, number << 48 | 0x0123_4567_89AB))
    }
}

/// A sample with its golden file, the type kept inside closures.
struct Golden: CustomTestStringConvertible, Sendable {
    let file: String
    let topic: String
    /// The event's own key and aggregate version.
    let key: String
    let version: Int?
    /// The sample as the encoder writes it, keys sorted.
    let encoded: @Sendable () throws -> String
    /// The same as messages are written.
    let written: @Sendable () throws -> String
    /// Whether these bytes decode to the sample, by the decoder of messages and by Foundation's.
    let decodesToSample: @Sendable (Data) throws -> Bool
    /// What these bytes are when they are read and written again.
    let again: @Sendable (Data) throws -> String

    var testDescription: String { file }

    init<E: Event>(_ event: E, sparse: Bool = false) {
        file = sparse ? "\(E.topic).sparse" : E.topic
        topic = E.topic
        key = event.key
        version = event.version
        let write = { @Sendable (event: E) throws -> String in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(event), as: UTF8.self)
        }
        encoded = { try write(event) }
        written = { String(decoding: try JSONValue.text(of: event, sortingNames: true), as: UTF8.self) }
        again = { try write(try JSONDecoder().decode(E.self, from: $0)) }
        decodesToSample = { data in
            try JSONDecoder().decode(E.self, from: data) == event && JSONValue.decode(E.self, from: data) == event
        }
    }

    static let all: [Golden] = [
        Golden(Sample.referralAccepted), Golden(Sample.referralAcceptedSparse, sparse: true),
        Golden(Sample.referralDetailed), Golden(Sample.referralCancelled), Golden(Sample.referralClosed),
        Golden(Sample.referralFellDue),
        Golden(Sample.consentChangedBefore), Golden(Sample.consentChangedBeforeSparse, sparse: true),
        Golden(Sample.consentChanged), Golden(Sample.consentChangedSparse, sparse: true),
        Golden(Sample.disclosureMade), Golden(Sample.disclosureMadeSparse, sparse: true),
        Golden(Sample.restrictionChanged), Golden(Sample.restrictionChangedSparse, sparse: true),
        Golden(Sample.participantMerged), Golden(Sample.participantUnmerged), Golden(Sample.participantErased),
        Golden(Sample.matchAccepted),
        Golden(Sample.dispatchEnded), Golden(Sample.dispatchEscalated, sparse: true),
        Golden(Sample.dispatchDeadlineDue),
        Golden(Sample.planStarted), Golden(Sample.planPhaseChanged),
        Golden(Sample.appointmentMissed), Golden(Sample.appointmentBooked, sparse: true),
        Golden(Sample.contactRecorded), Golden(Sample.contactOutsidePlan, sparse: true),
        Golden(Sample.contactOverdue),
        Golden(Sample.assessmentRecorded),
        Golden(Sample.placementEnded), Golden(Sample.placementApplied, sparse: true),
        Golden(Sample.linkageChanged), Golden(Sample.linkageRefused, sparse: true), Golden(Sample.linkageCheckDue),
        Golden(Sample.suggestionExpiryDue),
    ]
}
