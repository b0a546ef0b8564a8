/// Where a referral stands in more detail than its Task's status: the codes of HL7's Bidirectional Services
/// eReferral (BSeR), which follow IHE 360X.
public enum BusinessStatus: String, CaseIterable, Hashable, Sendable {
    case created = "2.0"
    case accepted = "3.0"
    case declined = "4.0"
    /// Only in BSeR's state diagram: a state without a code of its own, said as text.
    case active = "5.1"
    case eventScheduled = "5.1.1"
    case eventUnattended = "5.1.2"
    case eventCancelled = "5.1.3"
    /// One visit is done, the referral is still open.
    case eventCompleted = "5.1.4"
    case cancellationRequested = "5.2"
    case fulfillmentCancelled = "6.0"
    case fulfillmentCompleted = "7.0"

    /// What may follow (BSeR state machine); a scheduled event may follow a scheduled one.
    public var next: Set<BusinessStatus> {
        switch self {
        case .created: [.accepted, .declined, .cancellationRequested]
        case .accepted:
            [.declined, .active, .eventScheduled, .cancellationRequested, .eventCompleted, .fulfillmentCompleted]
        case .active: [.declined, .cancellationRequested]
        case .eventScheduled:
            [
                .declined, .eventScheduled, .eventUnattended, .eventCancelled, .cancellationRequested, .eventCompleted,
                .fulfillmentCompleted,
            ]
        case .eventUnattended: [.declined, .eventScheduled, .eventCancelled, .cancellationRequested]
        case .eventCancelled: [.eventScheduled, .cancellationRequested]
        case .eventCompleted:
            [
                .declined, .eventScheduled, .eventCancelled, .cancellationRequested, .eventCompleted,
                .fulfillmentCompleted,
            ]
        case .cancellationRequested: [.fulfillmentCancelled, .fulfillmentCompleted]
        case .declined, .fulfillmentCancelled, .fulfillmentCompleted: []
        }
    }

    /// BSeR's display text.
    public var display: String {
        switch self {
        case .created: "Service Request Created"
        case .accepted: "Service Request Accepted"
        case .declined: "Service Request Declined"
        case .active: "Service Request Active"
        case .eventScheduled: "Service Request Event Scheduled"
        case .eventUnattended: "Service Request Scheduled Event Unattended"
        case .eventCancelled: "Service Request Scheduled Event Cancelled"
        case .eventCompleted: "Service Request Event Completed"
        case .cancellationRequested: "Service Request Cancellation Requested"
        case .fulfillmentCancelled: "Service Request Fulfillment Cancelled"
        case .fulfillmentCompleted: "Service Request Fulfillment Completed"
        }
    }

    /// `Task.businessStatus`: code and text, or the text alone where BSeR has no code.
    public var concept: R4.CodeableConcept {
        guard self != .active else { return R4.CodeableConcept(text: display) }
        let system = CodeTables.published.system(of: .bserBusinessStatus)
        return R4.CodeableConcept(
            codings: [R4.Coding(system: system, code: rawValue, display: display)], text: display
        )
    }

    /// Reads a `Task.businessStatus` by its BSeR code; nil where it has none that we know.
    public init?(_ concept: R4.CodeableConcept) {
        let system = CodeTables.published.system(of: .bserBusinessStatus)
        let known = CodeTables.published[.bserBusinessStatus]
        let code = concept.codings.first { $0.system == system && known.contains($0.code ?? "") }?.code
        guard let code, let status = BusinessStatus(rawValue: code) else { return nil }
        self = status
    }
}
