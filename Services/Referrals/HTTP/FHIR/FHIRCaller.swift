internal import FHIR
internal import FoundationEssentials
internal import Models
internal import ServiceKit

/// The partner's client that makes a request: everything it may see and do follows from its token.
struct FHIRCaller: Hashable, Sendable {
    let agencyID: AgencyID
    let partnerID: PartnerID
    let clientID: String
    private let scopes: Set<String>

    /// A partner's own server, at which the agency looks for what it has for it.
    init(agencyID: AgencyID, partnerID: PartnerID, clientID: String) {
        self.agencyID = agencyID
        self.partnerID = partnerID
        self.clientID = clientID
        scopes = []
    }

    /// - Throws: 403 for a token without a partner.
    init(_ context: APIContext) throws(Problem) {
        let principal = try context.principal
        guard let partnerID = principal.partnerID else { throw Problem.forbidden.denying(Denial(.role)) }
        self.agencyID = principal.agencyID
        self.partnerID = partnerID
        clientID = principal.subject
        scopes = principal.scopes
    }

    /// - Throws: 403 where none of the token's scopes allows it.
    func require(_ permission: SMARTScope.Permission, _ resource: String) throws(Problem) {
        guard SMARTScope.allow(permission, resource, in: scopes) else {
            throw Problem.forbidden.denying(Denial(.scope))
        }
    }
}

extension APIContext {
    /// A path's id; one that is no UUID is none of ours.
    func alias(_ name: String) throws(Problem) -> UUID {
        let text: String = try parameter(name)
        guard let id = UUID(uuidString: text) else { throw Problem.notFound.denying(Denial(.hidden)) }
        return id
    }
}

extension Problem {
    /// Not there, or somebody else's: the audit trail knows, the caller does not.
    static var hidden: Problem { Problem.notFound.denying(Denial(.hidden)) }
}
