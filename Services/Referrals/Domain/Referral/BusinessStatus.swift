/// How far the work behind a referral is, in the codes of Bidirectional Services eReferral (BSeR,
/// `TaskBusinessStatusCS`; FACTS §9.4).
public enum BusinessStatus: String, Codable, CaseIterable, Hashable, Sendable {
    case created = "2.0"
    case accepted = "3.0"
    case declined = "4.0"
    /// BSeR draws this state but gives it no code: it travels as text only (see ``code``).
    case active = "5.1"
    case scheduled = "5.1.1"
    case unattended = "5.1.2"
    case eventCancelled = "5.1.3"
    /// One visit is done; the referral is still open.
    case eventCompleted = "5.1.4"
    case cancellationRequested = "5.2"
    case fulfillmentCancelled = "6.0"
    case fulfillmentCompleted = "7.0"

    /// The code in BSeR's code system; nil for ``active``, which has none.
    public var code: String? { self == .active ? nil : rawValue }

    /// The text that goes with the code.
    public var text: String {
        switch self {
        case .created: "Service Request Created"
        case .accepted: "Service Request Accepted"
        case .declined: "Service Request Declined"
        case .active: "active"
        case .scheduled: "Event Scheduled"
        case .unattended: "Scheduled Event Unattended"
        case .eventCancelled: "Scheduled Event Cancelled"
        case .eventCompleted: "Event Completed"
        case .cancellationRequested: "Cancellation Requested"
        case .fulfillmentCancelled: "Service Request Fulfillment Cancelled"
        case .fulfillmentCompleted: "Service Request Fulfillment Completed"
        }
    }

    /// The arrows of BSeR's state diagram.
    public var successorsInBSeR: Set<BusinessStatus> {
        switch self {
        case .created: [.accepted, .declined, .cancellationRequested]
        case .accepted:
            [
                .declined, .active, .scheduled, .cancellationRequested, .eventCompleted, .fulfillmentCompleted,
            ]
        case .active: [.declined, .cancellationRequested]
        case .scheduled:
            [
                .declined, .scheduled, .unattended, .eventCancelled, .cancellationRequested, .eventCompleted,
                .fulfillmentCompleted,
            ]
        case .unattended: [.declined, .scheduled, .eventCancelled, .cancellationRequested]
        case .eventCancelled: [.scheduled, .cancellationRequested]
        case .eventCompleted:
            [
                .declined, .scheduled, .eventCancelled, .cancellationRequested, .eventCompleted,
                .fulfillmentCompleted,
            ]
        case .cancellationRequested: [.fulfillmentCancelled, .fulfillmentCompleted]
        case .declined, .fulfillmentCancelled, .fulfillmentCompleted: []
        }
    }

    /// What happens in peer support and has no arrow in BSeR, whose model is a course of booked classes: people are met
    /// at the bedside or on the street without an appointment, are reached after a missed one, and stop at any time.
    public var successorsInHandrail: Set<BusinessStatus> {
        let endings: Set<BusinessStatus> = [.declined, .fulfillmentCancelled, .fulfillmentCompleted]
        return switch self {
        case .created: [.fulfillmentCancelled]
        case .accepted: [.fulfillmentCancelled, .unattended, .eventCancelled]
        case .active, .unattended, .eventCancelled:
            endings.union([.scheduled, .unattended, .eventCancelled, .eventCompleted])
        case .scheduled, .eventCompleted: endings.union([.unattended])
        case .cancellationRequested, .declined, .fulfillmentCancelled, .fulfillmentCompleted: []
        }
    }

    /// Whether this may follow `earlier`.
    public func mayFollow(_ earlier: BusinessStatus) -> Bool {
        earlier.successorsInBSeR.contains(self) || earlier.successorsInHandrail.contains(self)
    }
}
