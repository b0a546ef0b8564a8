internal import JSON
public import Models

extension R4 {
    /// What goes out on a subscription, or is asked about it: a `history` Bundle whose first entry says how the
    /// subscription stands (backport-subscription-notification-r4).
    public struct SubscriptionNotification: Hashable, Sendable {
        /// http://hl7.org/fhir/ValueSet/subscription-notification-type
        public enum Kind: String, CaseIterable, Hashable, Sendable {
            case handshake, heartbeat
            case event = "event-notification"
            case queryStatus = "query-status"
            case queryEvent = "query-event"
        }

        /// Something that happened.
        public struct Event: Hashable, Sendable {
            public var number: Int64
            /// Nil where it may not be told any more.
            public var at: Instant?
            /// The URL of the resource; nil for empty notifications, and where it may not be told any more.
            public var focus: String?

            /// An event.
            public init(number: Int64, at: Instant?, focus: String?) {
                (self.number, self.at, self.focus) = (number, at, focus)
            }
        }

        public var kind: Kind
        /// `https://host/fhir/Subscription/<id>`.
        public var subscriptionURL: String
        public var topic: String
        public var status: Subscription.Status
        /// How many events there have been.
        public var events: Int64
        public var told: [Event]
        public var error: String?

        /// A notification.
        public init(
            _ kind: Kind, of subscriptionURL: String, topic: String, status: Subscription.Status, events: Int64,
            told: [Event] = [], error: String? = nil
        ) {
            (self.kind, self.subscriptionURL, self.topic) = (kind, subscriptionURL, topic)
            (self.status, self.events, self.told, self.error) = (status, events, told, error)
        }
    }
}

extension R4.SubscriptionNotification {
    /// The Parameters that say how the subscription stands.
    public func statusDocument(id: String) -> FHIRDocument {
        var parameters: [JSONValue] = [
            ["name": "subscription", "valueReference": ["reference": .string(subscriptionURL)]],
            ["name": "topic", "valueCanonical": .string(topic)],
            ["name": "status", "valueCode": .string(status.rawValue)],
            ["name": "type", "valueCode": .string(kind.rawValue)],
            ["name": "events-since-subscription-start", "valueString": .string(String(events))],
        ]
        for event in told {
            var parts: [JSONValue] = [["name": "event-number", "valueString": .string(String(event.number))]]
            if let at = event.at { parts.append(["name": "timestamp", "valueInstant": .string(at.fhirText)]) }
            if let focus = event.focus {
                parts.append(["name": "focus", "valueReference": ["reference": .string(focus)]])
            }
            parameters.append(["name": "notification-event", "part": .array(parts)])
        }
        if let error { parameters.append(["name": "error", "valueCodeableConcept": ["text": .string(error)]]) }
        return FHIRDocument(
            trusted: [
                "resourceType": "Parameters",
                "id": .string(id),
                "meta": ["profile": [.string("\(R4.Subscription.backport)/backport-subscription-status-r4")]],
                "parameter": .array(parameters),
            ],
            type: "Parameters"
        )
    }

    /// The Bundle.
    ///
    /// - Parameter id: of the Parameters, a UUID.
    public func bundle(id: String, at now: Instant) -> FHIRDocument {
        FHIRDocument(
            trusted: [
                "resourceType": "Bundle",
                "type": "history",
                "timestamp": .string(now.fhirText),
                "entry": [
                    [
                        "fullUrl": .string("urn:uuid:\(id)"),
                        "resource": .object(statusDocument(id: id).json),
                        "request": ["method": "GET", "url": .string("\(subscriptionURL)/$status")],
                        "response": ["status": "200"],
                    ]
                ],
            ],
            type: "Bundle"
        )
    }
}
