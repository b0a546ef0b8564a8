internal import JSON
public import Models

extension R4.Bundle {
    /// What a search found, as a `searchset` Bundle labelled as restrictively as its parts.
    ///
    /// - Parameters:
    ///   - matches: the resources with their absolute URLs.
    ///   - included: resources that come along, such as a Task's ServiceRequest.
    ///   - total: all matches, also those on other pages; nil when not counted.
    ///   - links: relation (`self`, `next`) and URL.
    ///   - outcome: what to say about the search, such as parameters that were ignored.
    public static func searchset(
        matches: [(fullURL: String, document: FHIRDocument)],
        included: [(fullURL: String, document: FHIRDocument)] = [],
        total: Int?, links: [(relation: String, url: String)], at now: Instant, outcome: R4.OperationOutcome? = nil
    ) -> FHIRDocument {
        func entry(_ url: String?, _ document: FHIRDocument, mode: String) -> JSONValue {
            var entry = JSONObject()
            entry.set("fullUrl", ifPresent: url.map(JSONValue.string))
            entry["resource"] = .object(document.json)
            entry["search"] = ["mode": .string(mode)]
            return .object(entry)
        }
        let entries =
            matches.map { entry($0.fullURL, $0.document, mode: "match") }
            + included.map { entry($0.fullURL, $0.document, mode: "include") }
            + (outcome.map { [entry(nil, $0.document, mode: "outcome")] } ?? [])
        var bundle = start(kind: .searchset, documents: (matches + included).map(\.document), at: now)
        bundle.set("total", ifPresent: total.map { .number(JSONNumber($0)) })
        if !links.isEmpty {
            bundle["link"] = .array(links.map { ["relation": .string($0.relation), "url": .string($0.url)] })
        }
        if !entries.isEmpty { bundle["entry"] = .array(entries) }
        return FHIRDocument(trusted: bundle, type: resourceType)
    }

    /// What became of one entry of a transaction.
    public struct EntryResponse: Hashable, Sendable {
        /// `201 Created`, `200 OK`.
        public var status: String
        /// `Task/<id>/_history/<version>`; nil where nothing was stored.
        public var location: String?
        /// The version as an entity tag, `W/"1"`.
        public var etag: String?
        public var lastModified: Instant?
        public var outcome: R4.OperationOutcome?

        /// A response.
        public init(
            status: String, location: String? = nil, etag: String? = nil, lastModified: Instant? = nil,
            outcome: R4.OperationOutcome? = nil
        ) {
            (self.status, self.location, self.etag) = (status, location, etag)
            (self.lastModified, self.outcome) = (lastModified, outcome)
        }
    }

    /// The answer to a transaction: one entry for each of the request's, in its order.
    public static func transactionResponse(
        _ responses: [EntryResponse], labels: [R4.Coding] = [], at now: Instant
    ) -> FHIRDocument {
        var bundle = start(kind: .transactionResponse, documents: [], at: now)
        let entries = responses.map { response -> JSONValue in
            var object: JSONObject = ["status": .string(response.status)]
            object.set("location", ifPresent: response.location.map(JSONValue.string))
            object.set("etag", ifPresent: response.etag.map(JSONValue.string))
            object.set("lastModified", ifPresent: response.lastModified.map { .string($0.fhirText) })
            object.set("outcome", ifPresent: response.outcome.map { .object($0.document.json) })
            return ["response": .object(object)]
        }
        if !entries.isEmpty { bundle["entry"] = .array(entries) }
        return FHIRDocument(trusted: bundle, type: resourceType).labelled(labels)
    }

    /// Versions of a resource, the newest first, as a `history` Bundle.
    public static func history(
        versions: [(fullURL: String, method: String, status: String, document: FHIRDocument)], at now: Instant
    ) -> FHIRDocument {
        var bundle = start(kind: .history, documents: versions.map(\.document), at: now)
        bundle["total"] = .number(JSONNumber(versions.count))
        let entries = versions.map { version -> JSONValue in
            let type = version.document.resourceType
            let url = version.method == "POST" ? type : "\(type)/\(version.document.id ?? "")"
            var response: JSONObject = ["status": .string(version.status)]
            response.set("etag", ifPresent: version.document.versionID.map { .string("W/\"\($0)\"") })
            response.set("lastModified", ifPresent: version.document[["meta", "lastUpdated"]])
            return [
                "fullUrl": .string(version.fullURL),
                "resource": .object(version.document.json),
                "request": ["method": .string(version.method), "url": .string(url)],
                "response": .object(response),
            ]
        }
        if !entries.isEmpty { bundle["entry"] = .array(entries) }
        return FHIRDocument(trusted: bundle, type: resourceType)
    }

    private static func start(kind: Kind, documents: [FHIRDocument], at now: Instant) -> JSONObject {
        var meta: JSONObject = ["lastUpdated": .string(now.fhirText)]
        let labels = SecurityLabel.combined(documents.map(\.securityLabels))
        if !labels.isEmpty { meta["security"] = .array(labels.map(\.json)) }
        return [
            "resourceType": .string(resourceType),
            "meta": .object(meta),
            "type": .string(kind.rawValue),
        ]
    }
}
