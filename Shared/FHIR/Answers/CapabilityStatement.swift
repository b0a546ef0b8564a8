internal import JSON
public import Models

extension R4 {
    /// What a server can do, made from what is registered with it, so that it says nothing else (R4 CapabilityStatement).
    public struct CapabilityStatement: Hashable, Sendable {
        /// http://hl7.org/fhir/type-restful-interaction
        public enum Interaction: String, CaseIterable, Hashable, Sendable {
            case read, vread, update, patch, create, delete
            case searchType = "search-type"
            case historyInstance = "history-instance"
        }

        /// Something that can be asked of a resource beyond reading and writing it.
        public struct Operation: Hashable, Sendable {
            /// Without the `$`.
            public var name: String
            /// The canonical URL of what defines it.
            public var definition: String

            /// An operation.
            public init(_ name: String, definedBy definition: String) {
                (self.name, self.definition) = (name, definition)
            }
        }

        /// One resource type with what can be done to it.
        public struct Resource: Hashable, Sendable {
            public var type: String
            public var profiles: [String]
            public var interactions: [Interaction]
            public var searchParameters: [SearchParameter]
            /// `_include` and `_revinclude` values.
            public var includes: [String]
            public var reverseIncludes: [String]
            /// Operations of the type: name (without `$`) and definition.
            public var operations: [Operation]
            /// Topics that can be subscribed to, by their canonical URLs.
            public var topics: [String]
            /// Whether `If-None-Exist` is honoured.
            public var conditionalCreate: Bool
            public var documentation: String?

            /// A resource type.
            public init(
                type: String, profiles: [String] = [], interactions: [Interaction],
                searchParameters: [SearchParameter] = [], includes: [String] = [], reverseIncludes: [String] = [],
                operations: [Operation] = [], topics: [String] = [], conditionalCreate: Bool = false,
                documentation: String? = nil
            ) {
                (self.includes, self.reverseIncludes, self.operations) = (includes, reverseIncludes, operations)
                self.topics = topics
                (self.type, self.profiles, self.interactions) = (type, profiles, interactions)
                (self.searchParameters, self.conditionalCreate) = (searchParameters, conditionalCreate)
                self.documentation = documentation
            }
        }

        public var softwareVersion: String
        /// When what the statement says last changed.
        public var date: CivilDate
        /// The base URL ending in `/fhir`.
        public var baseURL: String
        public var tokenURL: String
        public var resources: [Resource]
        public var takesTransactions: Bool
        public var implementationGuides: [String]

        /// A statement.
        public init(
            softwareVersion: String, date: CivilDate, baseURL: String, tokenURL: String, resources: [Resource],
            takesTransactions: Bool, implementationGuides: [String] = []
        ) {
            (self.softwareVersion, self.date, self.baseURL) = (softwareVersion, date, baseURL)
            (self.tokenURL, self.resources, self.takesTransactions) = (tokenURL, resources, takesTransactions)
            self.implementationGuides = implementationGuides
        }
    }
}

extension R4.CapabilityStatement {
    /// The resource.
    public var document: FHIRDocument {
        var json: JSONObject = [
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": .string(date.description),
            "kind": "instance",
            "software": ["name": "Handrail", "version": .string(softwareVersion)],
            "implementation": ["description": "Peer recovery support referrals", "url": .string(baseURL)],
            "fhirVersion": "4.0.1",
            "format": ["json", "xml"],
            "patchFormat": ["application/json-patch+json"],
        ]
        if !implementationGuides.isEmpty {
            json["implementationGuide"] = .array(implementationGuides.map(JSONValue.string))
        }
        var rest: JSONObject = [
            "mode": "server",
            "security": .object(security),
            "resource": .array(resources.map(Self.json)),
        ]
        if takesTransactions { rest["interaction"] = [["code": "transaction"]] }
        json["rest"] = .array([.object(rest)])
        return FHIRDocument(trusted: json, type: "CapabilityStatement")
    }

    private var security: JSONObject {
        [
            "extension": [
                [
                    "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                    "extension": [["url": "token", "valueUri": .string(tokenURL)]],
                ]
            ],
            "service": [
                [
                    "coding": [
                        [
                            "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                            "code": "SMART-on-FHIR",
                        ]
                    ],
                    "text": "SMART Backend Services, private_key_jwt with RS384 or ES384",
                ]
            ],
        ]
    }

    private static func json(_ resource: Resource) -> JSONValue {
        var object: JSONObject = [:]
        if !resource.topics.isEmpty {
            let url = "\(R4.Subscription.backport)/capabilitystatement-subscriptiontopic-canonical"
            object["extension"] = .array(
                resource.topics.map { ["url": .string(url), "valueCanonical": .string($0)] })
        }
        object["type"] = .string(resource.type)
        if !resource.profiles.isEmpty { object["supportedProfile"] = .array(resource.profiles.map(JSONValue.string)) }
        object.set("documentation", ifPresent: resource.documentation.map(JSONValue.string))
        if !resource.interactions.isEmpty {
            object["interaction"] = .array(resource.interactions.map { ["code": .string($0.rawValue)] })
        }
        object["versioning"] = resource.interactions.contains(.update) ? "versioned-update" : "versioned"
        if resource.conditionalCreate { object["conditionalCreate"] = true }
        for (name, values) in [("searchInclude", resource.includes), ("searchRevInclude", resource.reverseIncludes)]
        where !values.isEmpty {
            object[name] = .array(values.map(JSONValue.string))
        }
        if !resource.searchParameters.isEmpty {
            object["searchParam"] = .array(
                resource.searchParameters.map { ["name": .string($0.name), "type": .string($0.kind.rawValue)] }
            )
        }
        if !resource.operations.isEmpty {
            object["operation"] = .array(
                resource.operations.map { ["name": .string($0.name), "definition": .string($0.definition)] })
        }
        return .object(object)
    }
}
