internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `PUT /v1/partners/{partnerID}/server`.
struct OutsideServerBody: Decodable, Sendable {
    /// The FHIR base; `https` only.
    var baseURL: String
    /// Where tokens come from, where the server's own configuration does not say it.
    var tokenURL: String?
    /// As whom the partner knows the agency; left out until it has registered the key.
    var clientID: String?
    var scope: String?
    /// Whose Tasks there are meant for the agency, as the server refers to it; left out where it has none for the agency.
    var taskOwner: String?
    /// Whether the agency's key for this partner is replaced.
    var newKey: Bool?

    func server(of partner: PartnerID, allowsLocal: Bool) throws(Faults) -> OutsideServer {
        var found: [Fault] = []
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        if WebAddress.host(of: base, allowsLocal: allowsLocal) == nil || base.contains("?") {
            found.append(Fault("/baseURL", "an https address of a named host"))
        }
        if let tokenURL, WebAddress.host(of: tokenURL, allowsLocal: allowsLocal) == nil {
            found.append(Fault("/tokenURL", "an https address of a named host"))
        }
        if let clientID, !Self.isPlain(clientID, atMost: 200) {
            found.append(Fault("/clientID", "1 to 200 visible ASCII characters"))
        }
        if let scope, !Self.isPlain(scope.filter { $0 != " " }, atMost: 500) {
            found.append(Fault("/scope", "1 to 500 visible ASCII characters, scopes apart by spaces"))
        }
        if let taskOwner, !Self.isPlain(taskOwner, atMost: 200) {
            found.append(Fault("/taskOwner", "a reference such as Organization/12"))
        }
        try Faults.check(found)
        return OutsideServer(
            partnerID: partner, baseURL: base, tokenURL: tokenURL, clientID: clientID,
            scope: scope ?? (taskOwner == nil ? OutsideServer.usualScope : OutsideServer.scopeForTasks),
            taskOwner: taskOwner)
    }

    private static func isPlain(_ text: String, atMost most: Int) -> Bool {
        (1...most).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension StoredOutsideServer {
    /// The public key, as the partner registers it.
    var keySet: JSONValue { ["keys": [key.publicKey.webKey(id: key.publicKey.keyID)]] }
}

/// A partner's server, with what the partner needs to know the agency by.
struct OutsideServerView: JSONWritable {
    let stored: StoredOutsideServer

    func write(to json: inout JSONWriter) {
        let server = stored.server
        json.object { json in
            json.field("partnerID", server.partnerID.description)
            json.field("baseURL", server.baseURL)
            json.field("tokenURL", ifPresent: server.tokenURL)
            json.field("clientID", ifPresent: server.clientID)
            json.field("scope", server.scope)
            json.field("taskOwner", ifPresent: server.taskOwner)
            json.field("tasksPulledAt", ifPresent: stored.pulledAt)
            json.field("jwks", json: stored.keySet.serialized())
            json.field("version", server.version)
        }
    }
}

/// `POST /v1/referrals/{referralID}/onward`.
struct OnwardBody: Decodable, Sendable {
    /// To whom: a partner whose server is known.
    var partnerID: PartnerID
    /// A kind of service of the catalogue; left out for peer support.
    var service: String?
    /// That of the referral, where it is left out.
    var priority: Priority?
    /// What the other side should know.
    var note: String?

    func check(_ catalogue: LinkageCatalogue) throws(Faults) {
        var found: [Fault] = []
        if let service, catalogue.service(service) == nil {
            found.append(Fault("/service", "one of \(catalogue.services.map(\.code).joined(separator: ", "))"))
        }
        if let note, !(1...1000).contains(note.unicodeScalars.count) {
            found.append(Fault("/note", "1 to 1000 characters"))
        }
        try Faults.check(found)
    }
}

/// A referral that was sent on, and what the other side says of it.
struct OnwardView: Encodable {
    let onwardID: OnwardID
    let referralID: ReferralID
    let participantID: ParticipantID
    let partnerID: PartnerID
    let service: String?
    let priority: Priority
    let note: String?
    let status: OnwardReferral.Status
    let businessStatus: String?
    /// Why, in the other side's words.
    let reason: String?
    let queuedAt: Instant
    let sentAt: Instant?
    let lookedAt: Instant?
    let takenBackAt: Instant?
    /// What is wrong between the two servers.
    let fault: String?
    let changedAt: Instant
    let version: Int

    /// - Parameter person: whose words it holds; nil leaves them out.
    init(_ stored: StoredOnward, of person: StoredPerson? = nil) throws {
        let onward = stored.onward
        let key = try person?.participant(onward.participantID).dataKey
        onwardID = onward.onwardID
        referralID = onward.referralID
        participantID = person?.ids.remaining ?? onward.participantID
        partnerID = onward.partnerID
        service = onward.service
        priority = onward.priority
        note = try key?.open(stored.note, from: .onwardNote)
        status = onward.status
        businessStatus = onward.businessStatus
        reason = try key?.open(stored.reason, from: .onwardReason)
        (queuedAt, sentAt, lookedAt) = (onward.queuedAt, onward.sentAt, onward.lookedAt)
        (takenBackAt, fault) = (onward.takenBackAt, onward.fault)
        (changedAt, version) = (onward.changedAt, onward.version)
    }
}
