internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A referral that is sent on, with what was written about it, sealed.
struct StoredOnward: Sendable {
    var onward: OnwardReferral
    let note: [UInt8]?
    var reason: [UInt8]?
}

/// What is queued for a partner's server: which referral, and nothing about anybody.
struct OnwardWord: Codable, Hashable, Sendable {
    /// What is to be done there.
    enum Kind: String, CaseIterable, Sendable {
        case send = "onward-send"
        case look = "onward-look"
        case takeBack = "onward-take-back"
    }

    let onwardID: OnwardID

    /// A server that is down holds up nothing that goes elsewhere.
    static func queue(of partner: PartnerID) -> String { "onward/\(partner)" }
}

extension Store {
    /// Keeps a new one, and queues it.
    ///
    /// - Throws: ``StoreError`` `alreadySentOn` where the same referral is under way to the same organisation.
    func insert(
        _ onward: OnwardReferral, note: String?, of person: StoredPerson, in work: Work
    ) async throws {
        let sealed = try person.participant(onward.participantID).dataKey.seal(note, for: .onwardNote)
        do {
            try await work.tx.execute(
                .insertOnward, work.agencyID, onward.onwardID, onward.referralID, onward.participantID,
                onward.partnerID, onward.version, onward.service, onward.priority,
                sealed, onward.status, onward.queuedAt, onward.queuedBy)
        } catch {
            guard error.isUniqueViolation, error.constraint == "onward_referral_one_open" else { throw error }
            throw StoreError(.alreadySentOn)
        }
        try queue(.send, onward, once: "send", notBefore: work.now, in: work)
    }

    func onward(_ id: OnwardID, in work: Work) async throws -> StoredOnward? {
        try await work.tx.query(.findOnward, work.agencyID, id).first.map(StoredOnward.init(row:))
    }

    /// What became of a referral at others, the latest first.
    func onwards(
        of referral: ReferralID, before last: OnwardID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredOnward] {
        try await work.tx.query(.listOnwardOfReferral, work.agencyID, referral, last ?? .last, limit)
            .map(StoredOnward.init(row:))
    }

    /// All of the agency that stand there, the latest first.
    func onwards(
        _ status: OnwardReferral.Status, before last: OnwardID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredOnward] {
        try await work.tx.query(.listOnward, work.agencyID, status, last ?? .last, limit).map(StoredOnward.init(row:))
    }

    /// Holds it until the transaction ends; nil where there is none.
    func lockOnward(_ id: OnwardID, in work: Work) async throws -> StoredOnward? {
        try await work.tx.query(.lockOnward, work.agencyID, id).first.map(StoredOnward.init(row:))
    }

    func save(_ stored: StoredOnward, in work: Work) {
        let onward = stored.onward
        work.tx.enqueue(
            .updateOnward, work.agencyID, onward.onwardID, onward.version, onward.status, onward.taskID,
            onward.businessStatus, stored.reason, onward.sentAt, onward.lookedAt, onward.looks, onward.takenBackAt,
            onward.fault, onward.changedAt, onward.toldAt)
    }

    /// Takes one back; where the other side has it, it is told.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; `OnwardReferral.Refusal`.
    func takeBack(_ id: OnwardID, expecting version: Int, in work: Work) async throws {
        guard var stored = try await lockOnward(id, in: work) else { throw StoreError(.notFound) }
        guard stored.onward.version == version else { throw StoreError(.stale) }
        if try stored.onward.takeBack(at: work.now) {
            try queue(.takeBack, stored.onward, once: "take-back", notBefore: work.now, in: work)
        }
        save(stored, in: work)
    }

    /// Says that it went out, and queues what follows: the first look, or that it was taken back meanwhile.
    func went(_ stored: inout StoredOnward, asTask id: String?, in work: Work) throws {
        stored.onward.went(asTask: id, at: work.now)
        save(stored, in: work)
        if stored.onward.takenBackAt != nil {
            try queue(.takeBack, stored.onward, once: "take-back", notBefore: work.now, in: work)
        }
        try queueLook(of: stored.onward, in: work)
    }

    /// Queues the next look, where one is to be taken.
    func queueLook(of onward: OnwardReferral, in work: Work) throws {
        guard let next = onward.nextLook(after: work.now) else { return }
        // By the time, too: a look that is given up leaves the count as it was.
        try queue(.look, onward, once: "look/\(onward.looks)/\(next.microseconds)", notBefore: next, in: work)
    }

    private func queue(
        _ kind: OnwardWord.Kind, _ onward: OnwardReferral, once key: String, notBefore: Instant, in work: Work
    ) throws {
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: OnwardWord.queue(of: onward.partnerID), kind: kind.rawValue,
                subjectID: onward.onwardID.rawValue,
                payload: JSONB(try JSONValue.text(of: OnwardWord(onwardID: onward.onwardID))),
                idempotencyKey: "onward/\(onward.onwardID)/\(key)", notBefore: notBefore),
            agency: work.agencyID)
    }
}

extension StoredOnward {
    init(row: Row) throws {
        onward = OnwardReferral(
            stored: .init(
                onwardID: try row.column("onward_id"), referralID: try row.column("referral_id"),
                participantID: try row.column("participant_id"), partnerID: try row.column("partner_id"),
                version: try row.column("version"), service: try row.column("service"),
                priority: try row.column("priority"), status: try row.column("status"),
                taskID: try row.column("task_id"), businessStatus: try row.column("business_status"),
                queuedAt: try row.column("queued_at"), queuedBy: try row.column("queued_by"),
                toldAt: try row.column("told_at"),
                sentAt: try row.column("sent_at"), lookedAt: try row.column("looked_at"),
                looks: try row.column("looks"), takenBackAt: try row.column("taken_back_at"),
                fault: try row.column("fault"), changedAt: try row.column("changed_at")))
        note = try row.column("note")
        reason = try row.column("reason")
    }
}
