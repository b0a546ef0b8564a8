public import Models

/// What a line of the recovery timeline says. Kinds that this version does not know are carried and shown by code.
public struct TimelineKind: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    // From messages of the other services.
    public static let referralAccepted = TimelineKind(rawValue: "referral-accepted")
    public static let referralCancelled = TimelineKind(rawValue: "referral-cancelled")
    public static let referralClosed = TimelineKind(rawValue: "referral-closed")
    public static let matched = TimelineKind(rawValue: "matched")
    public static let dispatchAcknowledged = TimelineKind(rawValue: "dispatch-acknowledged")
    public static let peerArrived = TimelineKind(rawValue: "peer-arrived")
    public static let bedsideEnded = TimelineKind(rawValue: "bedside-ended")
    public static let planStarted = TimelineKind(rawValue: "plan-started")
    public static let phaseChanged = TimelineKind(rawValue: "phase-changed")
    public static let contact = TimelineKind(rawValue: "contact")
    public static let appointment = TimelineKind(rawValue: "appointment")

    // Of this service.
    public static let assessment = TimelineKind(rawValue: "assessment")

    // Told by the person, or confirmed by a clinic or a registry.
    public static let firstHelp = TimelineKind(rawValue: "first-help")
    public static let returnToUse = TimelineKind(rawValue: "return-to-use")
    public static let remissionStarted = TimelineKind(rawValue: "remission-started")
    public static let overdose = TimelineKind(rawValue: "overdose")
    public static let acuteCareVisit = TimelineKind(rawValue: "acute-care-visit")
    public static let treatmentStarted = TimelineKind(rawValue: "treatment-started")
    public static let treatmentStopped = TimelineKind(rawValue: "treatment-stopped")
    public static let medicationStarted = TimelineKind(rawValue: "medication-started")
    public static let medicationStopped = TimelineKind(rawValue: "medication-stopped")
    public static let mutualAidStarted = TimelineKind(rawValue: "mutual-aid-started")
    public static let mutualAidStopped = TimelineKind(rawValue: "mutual-aid-stopped")
    public static let residenceEntered = TimelineKind(rawValue: "residence-entered")
    public static let residenceLeft = TimelineKind(rawValue: "residence-left")
    public static let workStarted = TimelineKind(rawValue: "work-started")
    public static let workEnded = TimelineKind(rawValue: "work-ended")
    public static let died = TimelineKind(rawValue: "died")

    /// The kinds that people report; everything else comes from messages.
    public static let reported: Set<TimelineKind> = [
        firstHelp, returnToUse, remissionStarted, overdose, acuteCareVisit, treatmentStarted, treatmentStopped,
        medicationStarted, medicationStopped, mutualAidStarted, mutualAidStopped, residenceEntered, residenceLeft,
        workStarted, workEnded, died,
    ]

    /// A line for people, person first: it names what happened, never what somebody is.
    public var text: String { Self.texts[self] ?? rawValue }

    private static let texts: [TimelineKind: String] = [
        referralAccepted: "Referred to peer support",
        referralCancelled: "Referral taken back",
        referralClosed: "Referral closed",
        matched: "Matched with a peer",
        dispatchAcknowledged: "A peer is on the way",
        peerArrived: "A peer arrived",
        bedsideEnded: "Bedside visit ended",
        planStarted: "Contact plan started",
        phaseChanged: "Next phase of the plan",
        contact: "Contact with a peer",
        appointment: "Appointment",
        assessment: "Questionnaire answered",
        firstHelp: "First looked for help",
        returnToUse: "Return to use",
        remissionStarted: "Remission began",
        overdose: "Overdose",
        acuteCareVisit: "Emergency or hospital care",
        treatmentStarted: "Treatment started",
        treatmentStopped: "Treatment stopped",
        medicationStarted: "Medication started",
        medicationStopped: "Medication stopped",
        mutualAidStarted: "Mutual aid started",
        mutualAidStopped: "Mutual aid stopped",
        residenceEntered: "Moved into a recovery residence",
        residenceLeft: "Left a recovery residence",
        workStarted: "Work or education started",
        workEnded: "Work or education ended",
        died: "Died",
    ]
}
