internal import JSON
public import Models

extension R4 {
    /// What somebody wants to hear of (R4 Subscription with the backport of R5's topics).
    public struct Subscription: ResourceView {
        /// http://hl7.org/fhir/subscription-status
        public enum Status: String, CaseIterable, Hashable, Sendable { case requested, active, error, off }

        /// http://hl7.org/fhir/subscription-channel-type
        public enum ChannelType: String, CaseIterable, Hashable, Sendable {
            case websocket, email, sms, message
            case restHook = "rest-hook"
        }

        /// How much of the resource a notification holds.
        public enum Content: String, CaseIterable, Hashable, Sendable {
            case empty
            case idOnly = "id-only"
            case fullResource = "full-resource"
        }

        public static let resourceType = "Subscription"
        /// Where the backport's extensions are defined.
        public static let backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"

        public let document: FHIRDocument
        public let status: Status
        public let end: Instant?
        /// The topic's canonical URL.
        public let criteria: String
        /// Searches that the resource must meet, all of them.
        public let filters: [String]
        public let channelType: ChannelType
        public let endpoint: String?
        /// `Name: value`, sent along.
        public let headers: [String]
        /// The media type of notifications.
        public let payload: String?
        public let content: Content?
        /// Seconds.
        public let heartbeatPeriod: Int?
        /// After how many seconds at most a notification is to have failed.
        public let timeout: Int?
        /// How many events one notification holds at most.
        public let maxCount: Int?

        public init(_ document: FHIRDocument, at expression: String?) throws(Refusal) {
            self = try Self.read(document, at: expression) { Self($0, document) }
        }

        private init?(_ reader: ElementReader, _ document: FHIRDocument) {
            reader.require("status", "reason", "criteria", "channel")
            self.document = document
            _ = reader.string("reason")
            end = reader.instant("end")
            let channel = reader.element("channel")
            channel?.require("type")
            endpoint = channel?.string("endpoint")
            headers = channel?.strings("header") ?? []
            payload = channel?.string("payload")
            filters = Self.extensions("filter-criteria", of: reader.object["_criteria"])
                .compactMap { $0[["valueString"]]?.string }
            let content = Self.extensions("payload-content", of: channel?.object["_payload"]).first
            self.content = content?[["valueCode"]]?.string.flatMap(Content.init)
            func number(_ name: String) -> Int? {
                Self.extensions(name, of: channel.map { .object($0.object) }).first.flatMap {
                    ($0[["valueUnsignedInt"]] ?? $0[["valuePositiveInt"]] ?? $0[["valueInteger"]])?.integer
                }
            }
            heartbeatPeriod = number("heartbeat-period")
            (timeout, maxCount) = (number("timeout"), number("max-count"))
            let status: Status? = reader.code("status")
            let type: ChannelType? = channel?.code("type")
            guard let status, let type, let criteria = reader.string("criteria") else { return nil }
            (self.status, self.criteria, channelType) = (status, criteria, type)
        }

        private static func extensions(_ name: String, of value: JSONValue?) -> [JSONValue] {
            (value?[["extension"]]?.array ?? []).filter { $0[["url"]]?.string == "\(backport)/backport-\(name)" }
        }
    }
}
