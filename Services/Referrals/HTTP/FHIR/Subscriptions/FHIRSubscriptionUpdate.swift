internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import JSON
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Changing a subscription: what it is about, where it goes, whether it goes anywhere.
extension FHIRRoutes {
    @Sendable
    func putSubscription(_ request: Request, _ context: APIContext) async throws -> Response {
        let document = try document(request, context)
        let wanted = try R4.Subscription(document)
        let expected = try request.ifMatchIfPresent
        return try await withSubscription(.update, context) { stored, caller, work in
            let id = stored.subscription.subscriptionID
            guard document.id?.lowercased() == id.description else {
                throw R4.Refusal(.invalid, "The id of the resource is the id of the URL.", at: ["Subscription.id"])
            }
            // A client that is disabled at this moment leaves nothing behind; what is under way waits for its end.
            guard try await store.lockPartner(caller.partnerID, through: caller.clientID, in: work) != nil else {
                throw Problem.forbidden.denying(Denial(.role))
            }
            guard let before = try await store.lockSubscription(id, in: work) else { throw Problem.hidden }
            if let expected, expected != before.subscription.version { throw Problem.stale }
            let checked = try SubscriptionRequest(
                wanted, changing: before.subscription.status, allowsLocal: allowsLocal, at: work.now)
            try caller.require(.read, checked.topic.resourceType)
            let earlier = try FHIRDocument.parse(before.content).asAsked
            let content = try document.asAsked.keepingHeaders(of: earlier)
            var subscription = before.subscription
            if wanted.status == .off {
                subscription.turnedOff(at: work.now)
            } else if wanted.status == .requested || content.canonical() != earlier.canonical() {
                subscription.asked(
                    by: caller.clientID, topic: checked.topic, heartbeatSeconds: checked.heartbeatSeconds,
                    endsAt: checked.endsAt, at: work.now)
            }
            // What is off stays as it was asked for last, until it is asked for again.
            let kept = wanted.status == .off ? earlier : content
            if subscription != before.subscription {
                try store.replace(before, by: subscription, content: kept.serialized(), in: work)
            }
            try work.tx.audit(AuditRecord(.update, under: try context.permit(classes: [])), context)
            return try FHIRAnswer.resource(subscription.resource(kept))
        }
    }
}

extension FHIRDocument {
    /// Without what the server says in it: as its client would send it anew.
    var asAsked: FHIRDocument {
        var document = settingStatus(R4.Subscription.Status.requested.rawValue)
        for path in [["id"], ["error"], ["meta", "versionId"], ["meta", "lastUpdated"]] as [JSONPath] {
            if document[path] != nil { document = document.setting(path, to: nil) }
        }
        return document[["meta"]]?.object?.isEmpty ?? false ? document.setting(["meta"], to: nil) : document
    }

    /// Headers are secrets that are never read back: who sends back what it read keeps them, as long as they go to the same
    /// place. Another endpoint gets none but those that are sent with it.
    fileprivate func keepingHeaders(of earlier: FHIRDocument) throws(R4.Refusal) -> FHIRDocument {
        guard let headers = earlier[["channel", "header"]], self[["channel", "header"]] == nil,
            self[["channel", "endpoint"]] == earlier[["channel", "endpoint"]]
        else { return self }
        return setting(["channel", "header"], to: headers)
    }
}
