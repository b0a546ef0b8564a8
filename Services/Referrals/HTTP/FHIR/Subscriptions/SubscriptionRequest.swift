internal import FHIR
internal import Models
internal import ReferralsDomain

extension Subscription.Topic {
    /// Of what type its resources are.
    var resourceType: String {
        switch self {
        case .task: "Task"
        case .serviceRequest: "ServiceRequest"
        }
    }

    /// Gravity's canonical URL.
    var url: String {
        let topics = "http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic"
        return switch self {
        case .task: "\(topics)/Task"
        // In the spelling of the guide.
        case .serviceRequest: "\(topics)/Servicerequest"
        }
    }

    /// What it may be narrowed by, as the guide says.
    var filters: [R4.SearchParameter] {
        switch self {
        case .task:
            R4.SearchParameter.task.filter {
                ["_lastUpdated", "code", "owner", "requester", "status"].contains($0.name)
            }
        case .serviceRequest: R4.SearchParameter.common
        }
    }
}

extension R4.Subscription.Status {
    init(_ status: Subscription.Status) {
        self =
            switch status {
            case .requested: .requested
            case .active: .active
            case .error: .error
            case .off: .off
            }
    }
}

/// Filters of a subscription, as searches.
enum SubscriptionFilters {
    /// - Throws: what cannot be read, or does not belong to the topic.
    static func read(
        _ texts: [String], of topic: Subscription.Topic
    ) throws(R4.Refusal) -> [R4.SearchFilter] {
        var filters: [R4.SearchFilter] = []
        for text in texts {
            // `Task?status=accepted`, or the parameters alone.
            let query = text.split(separator: "?", maxSplits: 1).last.map(String.init) ?? ""
            filters += try R4.SearchQuery(
                R4.SearchQuery.items(of: query), known: topic.filters, handling: .strict
            ).filters
        }
        return filters
    }
}

/// A subscription that can be served: what was asked, checked.
struct SubscriptionRequest: Sendable {
    let topic: Subscription.Topic
    let heartbeatSeconds: Int?
    let endsAt: Instant?

    private static let reserved: Set = [
        "host", "content-length", "content-type", "connection", "transfer-encoding", "te", "upgrade", "trailer",
        "keep-alive", "proxy-authorization", "proxy-connection", "expect", "webhook-id", "webhook-timestamp",
        "webhook-signature",
    ]

    /// - Parameter present: how it stands, where one is changed.
    /// - Throws: all that cannot be served, with its places.
    init(
        _ wanted: R4.Subscription, changing present: Subscription.Status? = nil, allowsLocal: Bool, at now: Instant
    ) throws(R4.Refusal) {
        var issues: [R4.Issue] = []
        func refuse(_ kind: R4.Issue.Kind, _ text: String, at place: String) {
            issues.append(R4.Issue(kind, text, at: ["Subscription.\(place)"]))
        }
        let canonical = wanted.criteria.split(separator: "|").first.map(String.init)
        let topic = Subscription.Topic.allCases.first { $0.url == canonical }
        if topic == nil {
            let known = Subscription.Topic.allCases.map(\.url).joined(separator: ", ")
            refuse(.notSupported, "The criteria is a topic: \(known).", at: "criteria")
        }
        switch wanted.status {
        case .requested: break
        case .off where present != nil: break
        // As it was read, with something else changed.
        case .active where present == .active: break
        default:
            refuse(
                .businessRule, "A client asks by requested, or ends by off what it has; the server says how it went.",
                at: "status")
        }
        if wanted.channelType != .restHook {
            refuse(.notSupported, "The channel is a rest-hook.", at: "channel.type")
        }
        if wanted.endpoint.flatMap({ WebAddress.host(of: $0, allowsLocal: allowsLocal) }) == nil {
            refuse(.value, "The endpoint is an https address of a named host.", at: "channel.endpoint")
        }
        if ![nil, "application/fhir+json", "application/json"].contains(wanted.payload) {
            refuse(.notSupported, "Notifications are application/fhir+json.", at: "channel.payload")
        }
        if wanted.content != .idOnly, wanted.content != .empty {
            // 42 CFR Part 2: what is told is read here, where consent is asked again, and never lies in a webhook.
            refuse(.notSupported, "The payload-content is id-only or empty.", at: "channel.payload.extension")
        }
        if let seconds = wanted.heartbeatPeriod, !(60...86_400).contains(seconds) {
            refuse(.value, "A heartbeat is every 60 to 86400 seconds.", at: "channel.extension")
        }
        if let seconds = wanted.timeout, !(1...86_400).contains(seconds) {
            refuse(.value, "A time-out is 1 to 86400 seconds.", at: "channel.extension")
        }
        if let count = wanted.maxCount, count < 1 {
            refuse(.value, "A notification holds one event at least.", at: "channel.extension")
        }
        if wanted.headers.count > 10 || wanted.headers.contains(where: { Self.header($0) == nil }) {
            refuse(.value, "At most 10 headers, as Name: value, none that HTTP needs itself.", at: "channel.header")
        }
        if let end = wanted.end, end <= now { refuse(.value, "The end is in the future.", at: "end") }
        if let topic {
            do {
                _ = try SubscriptionFilters.read(wanted.filters, of: topic)
            } catch {
                let known = topic.filters.map(\.name).joined(separator: ", ")
                refuse(.notSupported, "This topic is filtered by: \(known).", at: "criteria.extension")
            }
        }
        guard issues.isEmpty, let topic else { throw R4.Refusal(issues) }
        (self.topic, heartbeatSeconds, endsAt) = (topic, wanted.heartbeatPeriod, wanted.end)
    }

    /// A header of a channel, its name in small letters; nil for one that is none, or that is not the client's to set.
    static func header(_ text: String) -> (name: String, value: String)? {
        guard text.utf8.count <= 4000, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        let name = text[..<colon].lowercased()
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        guard !name.isEmpty, !value.isEmpty, !reserved.contains(name),
            name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
        else { return nil }
        return (name, String(value))
    }
}
