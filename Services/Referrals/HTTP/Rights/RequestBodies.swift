internal import Confidentiality
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `POST …/restrictions`.
struct RestrictionBody: Decodable, Sendable {
    struct Recipient: Decodable, Sendable {
        var kind: RestrictionChanged.RecipientKind
        /// The organisation's id, a kind of organisation, or the subject of a person of the agency.
        var value: String?
    }

    var recipient: Recipient
    /// What must not be told; absent for everything.
    var classes: [DataClass]?
    /// For what; absent for every purpose.
    var purposes: [PurposeOfUse]?
    /// Whether the person, or somebody for them, paid in full.
    var isPaidInFull: Bool?

    func checkedRecipient() throws(Faults) -> Restriction.Recipient {
        let isBounded = recipient.value.map { (1...256).contains($0.count) } ?? true
        guard isBounded, (recipient.kind == .everybodyOutside) == (recipient.value == nil),
            let found = Restriction.Recipient(kind: recipient.kind.rawValue, text: recipient.value)
        else {
            throw Faults([Fault("/recipient/value", "what the kind asks for: an organisation, its kind, or a person")])
        }
        return found
    }
}

/// `POST …/amendments`.
struct AmendmentBody: Decodable, Sendable {
    var dataClass: DataClass
    /// What is wrong, and what would be right.
    var request: String

    func checked() throws(Faults) -> AmendmentBody {
        guard (1...4000).contains(request.count) else { throw Faults([Fault("/request", "1 to 4000 characters")]) }
        return self
    }
}

/// `POST …/agree`, `…/decline`, `…/end`, `…/accept`, `…/deny`.
struct DecisionBody: Decodable, Sendable {
    var reason: String?

    func checkedReason() throws(Faults) -> String? {
        guard reason.map({ (1...2000).contains($0.count) }) ?? true else {
            throw Faults([Fault("/reason", "1 to 2000 characters")])
        }
        return reason
    }
}

/// A restriction as it is shown.
struct RestrictionView: Encodable {
    struct Recipient: Encodable {
        let kind: String
        let value: String?
    }

    let restrictionID: RestrictionID
    let participantID: ParticipantID
    let recipient: Recipient
    let classes: [String]
    let purposes: [String]
    let isPaidInFull: Bool
    let status: RestrictionRequest.Status
    let requestedAt: Instant
    let requestedBy: String
    let decidedAt: Instant?
    let decidedBy: String?
    let reason: String?
    let version: Int

    init(_ request: RestrictionRequest) {
        restrictionID = request.restrictionID
        participantID = request.participantID
        let columns = request.recipient.columns
        recipient = Recipient(kind: columns.kind.rawValue, value: columns.text)
        classes = request.classes.map(\.rawValue).sorted()
        purposes = request.purposes.map(\.rawValue).sorted()
        isPaidInFull = request.isPaidInFull
        status = request.status
        requestedAt = request.requestedAt
        requestedBy = request.requestedBy
        decidedAt = request.decidedAt
        decidedBy = request.decidedBy
        reason = request.reason
        version = request.version
    }
}

/// An amendment as it is shown.
struct AmendmentView: Encodable {
    let amendmentID: AmendmentID
    let participantID: ParticipantID
    let dataClass: DataClass
    let request: String
    let status: AmendmentRequest.Status
    let requestedAt: Instant
    let requestedBy: String
    let dueAt: Instant
    let decidedAt: Instant?
    let decidedBy: String?
    let reason: String?
    let version: Int

    init(_ request: AmendmentRequest) {
        amendmentID = request.amendmentID
        participantID = request.participantID
        dataClass = request.dataClass
        self.request = request.request
        status = request.status
        requestedAt = request.requestedAt
        requestedBy = request.requestedBy
        dueAt = request.dueAt
        decidedAt = request.decidedAt
        decidedBy = request.decidedBy
        reason = request.reason
        version = request.version
    }
}
