public import JSON
public import Models

extension R4 {
    /// What is known about a resource rather than about its subject.
    public struct Meta: Hashable, Sendable {
        public var versionID: String?
        public var lastUpdated: Instant?
        public var profiles: [String]
        public var security: [Coding]
        public var tags: [Coding]

        /// No metadata.
        public init() {
            (profiles, security, tags) = ([], [], [])
        }
    }

    /// An addition that the sender made to the standard's elements.
    public struct Extension: Hashable, Sendable {
        public var url: String
        /// The whole of it as received, value and nested extensions.
        public var json: JSONObject
    }
}

extension R4.Meta: ElementReadable {
    init?(_ reader: ElementReader) {
        versionID = reader.string("versionId")
        lastUpdated = reader.instant("lastUpdated")
        profiles = reader.strings("profile")
        security = reader.many("security")
        tags = reader.many("tag")
    }
}

extension R4.Extension: ElementReadable {
    init?(_ reader: ElementReader) {
        reader.require("url")
        guard let url = reader.string("url") else { return nil }
        self.url = url
        json = reader.object
        // ext-1: a value or nested extensions, not both.
        let hasValue = json.names.contains { $0.hasPrefix("value") || $0.hasPrefix("_value") }
        if hasValue == reader.has("extension") {
            reader.notes.note(
                .invariant, "An extension has either a value or nested extensions (ext-1).", at: reader.expression
            )
        }
    }
}
