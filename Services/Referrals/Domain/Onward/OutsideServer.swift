public import Models

/// A partner's FHIR server, at which the agency is the client (SMART Backend Services).
public struct OutsideServer: Hashable, Sendable {
    public let partnerID: PartnerID
    public var version: Int
    /// The FHIR base, without a slash at the end.
    public var baseURL: String
    /// Where tokens come from; nil where the server's `.well-known/smart-configuration` says it.
    public var tokenURL: String?
    /// As whom the partner knows the agency; nil until the partner has registered its key.
    public var clientID: String?
    /// What the agency asks for.
    public var scope: String

    /// Whose Tasks on the server are meant for the agency, as the server refers to it (`Organization/12`); nil where the
    /// agency looks for none.
    public var taskOwner: String?

    /// What is enough to send a referral on, to ask how it stands, and to take it back.
    public static let usualScope = "system/ServiceRequest.cr system/Task.cru"
    /// The same with what is enough to take in what lies there.
    public static let scopeForTasks =
        "system/ServiceRequest.cr system/Task.crus system/Patient.r system/Consent.r system/Encounter.r"

    public init(
        partnerID: PartnerID, version: Int = 1, baseURL: String, tokenURL: String? = nil, clientID: String? = nil,
        scope: String = usualScope, taskOwner: String? = nil
    ) {
        self.partnerID = partnerID
        self.version = version
        self.baseURL = baseURL
        self.tokenURL = tokenURL
        self.clientID = clientID
        self.scope = scope
        self.taskOwner = taskOwner
    }
}
