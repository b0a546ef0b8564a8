internal import Confidentiality
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// A referral as the agency's own people see it.
struct ReferralView: Sendable {
    let referralID: ReferralID
    let participantID: ParticipantID
    /// The id under which the other services know the support that it belongs to: its own, or that of the referral that
    /// began it.
    let engagementID: ReferralID?
    let partnerID: PartnerID?
    let status: ReferralStatus
    let statusReason: String?
    let businessStatus: BusinessStatusView
    let closingReason: ClosingReason?
    let setting: Setting
    let priority: Priority
    let programme: ProgrammeCode
    let callback: String?
    let languages: [String]
    let peerGenderWish: String?
    let takesMedication: Bool?
    let releaseOn: CivilDate?
    let receivedAt: Instant
    let acceptedAt: Instant?
    let closedAt: Instant?
    let changedAt: Instant
    let version: Int

    init(_ referral: Referral) {
        referralID = referral.referralID
        participantID = referral.participantID
        engagementID = referral.engagementID
        partnerID = referral.partnerID
        status = referral.status
        statusReason = referral.statusReason
        businessStatus = BusinessStatusView(referral.businessStatus)
        closingReason = referral.closingReason
        setting = referral.request.setting
        priority = referral.request.priority
        programme = referral.request.programme
        callback = referral.request.callback
        languages = referral.request.languages
        peerGenderWish = referral.request.peerGenderWish
        takesMedication = referral.request.takesMedication
        releaseOn = referral.request.releaseOn
        receivedAt = referral.receivedAt
        acceptedAt = referral.acceptedAt
        closedAt = referral.closedAt
        changedAt = referral.changedAt
        version = referral.version
    }
}

// Written in the order of the names, as the encoder does it: the same resource is the same text.
extension ReferralView: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("acceptedAt", ifPresent: acceptedAt)
            json.field("businessStatus", businessStatus)
            json.field("callback", ifPresent: callback)
            json.field("changedAt", changedAt)
            json.field("closedAt", ifPresent: closedAt)
            json.field("closingReason", ifPresent: closingReason?.rawValue)
            json.field("engagementID", ifPresent: engagementID)
            json.array("languages", languages) { json, language in json.value(language) }
            json.field("participantID", participantID)
            json.field("partnerID", ifPresent: partnerID)
            json.field("peerGenderWish", ifPresent: peerGenderWish)
            json.field("priority", priority.rawValue)
            json.field("programme", programme.rawValue)
            json.field("receivedAt", receivedAt)
            json.field("referralID", referralID)
            json.field("releaseOn", ifPresent: releaseOn?.description)
            json.field("setting", setting.rawValue)
            json.field("status", status.rawValue)
            json.field("statusReason", ifPresent: statusReason)
            json.field("takesMedication", ifPresent: takesMedication)
            json.field("version", version)
        }
    }
}

/// The code of BSeR, where it has one, and its text.
struct BusinessStatusView: Encodable, JSONWritable {
    let code: String?
    let text: String

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("code", ifPresent: code)
            json.field("text", text)
        }
    }

    init(_ status: BusinessStatus) {
        code = status.code
        text = status.text
    }
}

/// A referral as its sender sees it: under the sender's own ids, and no more of how it goes than a consent allows.
struct SentReferralView: Sendable {
    let referralID: String
    let taskID: String
    let participantID: String
    let status: ReferralStatus
    let statusReason: String?
    let businessStatus: BusinessStatusView
    let closingReason: ClosingReason?
    let setting: Setting
    let priority: Priority
    let programme: ProgrammeCode
    let receivedAt: Instant
    /// When the sender was last shown something new.
    let changedAt: Instant
    let version: Int
    /// Travels with each disclosure of Part 2 records (42 CFR 2.32).
    let redisclosureNotice: String?

    init(_ taken: TakenIn) throws {
        guard let ids = taken.senderIDs else { throw StoreError(.notFound) }
        let (view, request) = (taken.view, taken.stored.referral.request)
        referralID = ids.referralID.lowercasedText
        taskID = ids.taskID.lowercasedText
        participantID = ids.participantID.lowercasedText
        status = view.status
        statusReason = view.statusReason
        businessStatus = BusinessStatusView(view.businessStatus)
        closingReason = view.closingReason
        setting = request.setting
        priority = request.priority
        programme = request.programme
        receivedAt = taken.stored.referral.receivedAt
        changedAt = taken.stored.shown.at
        version = taken.stored.shown.version
        redisclosureNotice = view.tellsProgress ? RedisclosureNotice.full : nil
    }
}

extension SentReferralView: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("businessStatus", businessStatus)
            json.field("changedAt", changedAt)
            json.field("closingReason", ifPresent: closingReason?.rawValue)
            json.field("participantID", participantID)
            json.field("priority", priority.rawValue)
            json.field("programme", programme.rawValue)
            json.field("receivedAt", receivedAt)
            json.field("redisclosureNotice", ifPresent: redisclosureNotice)
            json.field("referralID", referralID)
            json.field("setting", setting.rawValue)
            json.field("status", status.rawValue)
            json.field("statusReason", ifPresent: statusReason)
            json.field("taskID", taskID)
            json.field("version", version)
        }
    }
}

/// One change of a referral.
struct ChangeView: Encodable {
    let version: Int
    let from: ReferralStatus?
    let to: ReferralStatus
    let businessStatus: BusinessStatusView
    let reason: String?
    let party: Referral.Party
    let actor: String
    let at: Instant

    init(_ change: Referral.Change) {
        version = change.version
        from = change.from
        to = change.to
        businessStatus = BusinessStatusView(change.business)
        reason = change.reason
        party = change.by.party
        actor = change.by.subject
        at = change.at
    }
}
