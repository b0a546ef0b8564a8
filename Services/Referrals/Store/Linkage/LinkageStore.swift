internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A linkage, with what was written about it, sealed, and the ride where it is one.
struct StoredLinkage: Sendable {
    var linkage: Linkage
    let provider: [UInt8]?
    let note: [UInt8]?
    var ride: Ride?
}

/// What is written about a linkage.
struct LinkageWords: Sendable {
    /// What the service is called, where the directory has it not.
    var provider: String?
    var note: String?
}

extension Store {
    /// Something is offered for a need that is open.
    ///
    /// - Throws: ``StoreError`` `notFound`; `LinkageRefusal`, `FundRefusal`.
    func offer(
        _ linkage: Linkage, words: LinkageWords, ride: Ride?, of person: StoredPerson, by subject: String,
        in work: Work
    ) async throws {
        let key = try person.participant(linkage.participantID).dataKey
        // Locked, so that it is not closed in this moment.
        guard let row = try await work.tx.query(.lockNeed, work.agencyID, linkage.needID).first else {
            throw StoreError(.notFound)
        }
        guard try StoredNeed(row: row).need.isOpen else { throw LinkageRefusal.needClosed }
        if let entry = linkage.entryID, try await work.tx.query(.findDirectoryEntry, work.agencyID, entry).isEmpty {
            throw Faults([Fault("/entryID", "an entry of the directory")])
        }
        work.tx.enqueue(
            .insertLinkage, work.agencyID, linkage.linkageID, linkage.needID, linkage.participantID, linkage.version,
            linkage.service, linkage.level.rawValue, linkage.status, linkage.entryID,
            try key.seal(words.provider, for: .linkageProvider), try key.seal(words.note, for: .linkageNote),
            linkage.offeredAt, linkage.offeredBy)
        try saySoFar(linkage, in: work)
        guard let ride else { return }
        if let fund = ride.fundID, try await self.fund(fund, in: work) == nil {
            throw Faults([Fault("/ride/fundID", "a fund of the agency")])
        }
        work.tx.enqueue(
            .insertRide, work.agencyID, linkage.linkageID, ride.purpose, ride.mode, ride.pickUpFrom, ride.pickUpUntil,
            ride.costCents, ride.fundID, ride.appointmentID)
        if let fundID = ride.fundID, let cents = ride.costCents {
            try await reserve(
                Spending(
                    spendingID: ids.new(), fundID: fundID, participantID: linkage.participantID,
                    linkageID: linkage.linkageID, kind: "ride", form: .money, amountCents: cents, reservedAt: work.now,
                    reservedBy: subject),
                of: person.ids, in: work)
        }
    }

    func linkage(_ id: LinkageID, in work: Work) async throws -> StoredLinkage? {
        try await linkages(work.tx.query(.findLinkage, work.agencyID, id), in: work).first
    }

    /// A person's linkages, the latest first.
    func linkages(
        of person: PersonIDs, before last: LinkageID?, atMost limit: Int, in work: Work
    ) async throws -> [StoredLinkage] {
        try await linkages(
            work.tx.query(.listLinkages, work.agencyID, person.all, last ?? .last, limit), in: work)
    }

    /// How a linkage came to where it stands.
    func changes(of id: LinkageID, in work: Work) async throws -> [Linkage.Change] {
        try await work.tx.query(.listLinkageChanges, work.agencyID, id).map { row in
            Linkage.Change(
                version: try row.column("version"), status: try row.column("status"),
                detail: try row.column("detail"), by: try row.column("changed_by"),
                at: try row.column("changed_at"))
        }
    }

    /// Changes a linkage, and with it what hangs on it: the list of those to ask, money that was reserved, the need, what
    /// the directory is told.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; what the change throws.
    @discardableResult
    func change(
        _ id: LinkageID, expecting version: Int? = nil, by subject: String, in work: Work,
        _ change: (inout Linkage) throws -> Void
    ) async throws -> StoredLinkage {
        let locked = try await work.tx.query(.lockLinkage, work.agencyID, id)
        guard var stored = try await linkages(locked, in: work).first else { throw StoreError(.notFound) }
        if let version, stored.linkage.version != version { throw StoreError(.stale) }
        let before = stored.linkage
        try change(&stored.linkage)
        let linkage = stored.linkage
        guard linkage.version != before.version else { return stored }
        work.tx.enqueue(
            .updateLinkage, work.agencyID, id, linkage.version, linkage.status,
            linkage.refused?.by.rawValue, linkage.refused?.reason, linkage.startedAt, linkage.sustainedDays,
            linkage.changedAt)
        try saySoFar(linkage, in: work)
        try await saveChecks(of: linkage, before: before, in: work)
        if linkage.status != before.status {
            try await settle(linkage, by: subject, in: work)
            try await tellDirectory(of: linkage, in: work)
        }
        if linkage.status == .needMet { try await close(linkage.needID, metBy: id, in: work) }
        return stored
    }

    /// The history, and the news for the other services.
    private func saySoFar(_ linkage: Linkage, in work: Work) throws {
        for change in linkage.changes {
            work.tx.enqueue(
                .insertLinkageChange, work.agencyID, linkage.linkageID, change.version, change.status, change.detail,
                change.at, change.by)
        }
        try work.publish(
            LinkageChanged(
                linkageID: linkage.linkageID, needID: linkage.needID, participantID: linkage.participantID,
                version: linkage.version, service: linkage.service, status: linkage.status,
                startedAt: linkage.startedAt, sustainedDays: linkage.sustainedDays, refusal: linkage.refused?.reason,
                changedAt: linkage.changedAt))
    }

    /// A need that was closed before stays as it was closed.
    private func close(_ id: NeedID, metBy linkage: LinkageID, in work: Work) async throws {
        let today = try await today(in: work)
        try await change(id, in: work) { need in
            guard need.isOpen else { return }
            try need.close(.met, by: linkage, on: max(today, need.openedOn), today: max(today, need.openedOn))
        }
    }

    /// Places that are full are not rewritten here: the entry is flagged, and somebody looks.
    private func tellDirectory(of linkage: Linkage, in work: Work) async throws {
        guard let entryID = linkage.entryID, let reason = linkage.refused?.reason,
            let flag = linkages.refusal(reason)?.flag.flatMap(DirectoryFlag.Reason.init)
        else { return }
        try await self.flag(entryID, flag, in: work)
    }

    private func linkages(_ rows: Rows, in work: Work) async throws -> [StoredLinkage] {
        let ids: [LinkageID] = try rows.map { try $0.column("linkage_id") }
        guard !ids.isEmpty else { return [] }
        let answers = try await work.tx.together(
            Question(.listLinkageChecks, work.agencyID, ids), Question(.listRides, work.agencyID, ids))
        var checks: [LinkageID: [LinkageCheck]] = [:]
        for row in answers[0] { checks[try row.column("linkage_id"), default: []].append(try LinkageCheck(row: row)) }
        var rides: [LinkageID: Ride] = [:]
        for row in answers[1] { rides[try row.column("linkage_id")] = try Ride(row: row) }
        return try rows.map { row in
            let id: LinkageID = try row.column("linkage_id")
            return StoredLinkage(
                linkage: try Linkage(row: row, checks: checks[id] ?? []), provider: try row.column("provider"),
                note: try row.column("note"), ride: rides[id])
        }
    }
}

extension Linkage {
    init(row: Row, checks: [LinkageCheck]) throws {
        let (by, reason): (LinkageCatalogue.Reason.Side?, String?) = (
            try row.column("refused_by"), try row.column("refusal")
        )
        let level: Int = try row.column("level")
        guard let level = Level(rawValue: level) else { throw StoreError(.unknownCode) }
        let refused = by.flatMap { by in reason.map { Refused(by: by, reason: $0) } }
        self.init(
            linkageID: try row.column("linkage_id"), needID: try row.column("need_id"),
            participantID: try row.column("participant_id"), version: try row.column("version"),
            service: try row.column("service"), level: level, status: try row.column("status"),
            entryID: try row.column("entry_id"), refused: refused, startedAt: try row.column("started_at"),
            sustainedDays: try row.column("sustained_days"), checks: checks, offeredAt: try row.column("offered_at"),
            offeredBy: try row.column("offered_by"), changedAt: try row.column("changed_at"))
    }
}

extension LinkageCheck {
    init(row: Row) throws {
        self.init(
            days: try row.column("days"), dueAt: try row.column("due_at"), cameDueAt: try row.column("came_due_at"),
            answer: try row.column("answer"), answeredAt: try row.column("answered_at"),
            answeredBy: try row.column("answered_by"))
    }
}

extension Ride {
    init(row: Row) throws {
        self.init(
            purpose: try row.column("purpose"), mode: try row.column("mode"),
            pickUpFrom: try row.column("pick_up_from"), pickUpUntil: try row.column("pick_up_until"),
            costCents: try row.column("cost_cents"), fundID: try row.column("fund_id"),
            appointmentID: try row.column("appointment_id"))
    }
}
