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
    /// Something is offered to a locked person, for a need that is open.
    ///
    /// - Throws: ``StoreError`` `notFound`; `LinkageRefusal`, `FundRefusal`; `VaultError` of an erased person.
    func offer(
        _ linkage: Linkage, words: LinkageWords, ride: Ride?, of person: StoredPerson, by subject: String,
        in work: Work
    ) async throws {
        guard !person.isErased else { throw VaultError(.erased) }
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
                of: person, in: work)
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

    /// Changes a linkage of a locked person, and with it what hangs on it: the list of those to ask, money that is
    /// not needed, the need, what the directory is told.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; what the change throws; `VaultError` of an erased person: nobody would
    ///   take back what is to be asked later.
    @discardableResult
    func change(
        _ id: LinkageID, of person: StoredPerson, expecting version: Int? = nil, by subject: String, in work: Work,
        _ change: (inout Linkage) throws -> Void
    ) async throws -> StoredLinkage {
        guard !person.isErased else { throw VaultError(.erased) }
        let locked = try await work.tx.query(.lockLinkage, work.agencyID, id)
        guard var stored = try await linkages(locked, in: work).first,
            person.ids.contains(stored.linkage.participantID)
        else { throw StoreError(.notFound) }
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
            try await releaseReserved(for: linkage, by: subject, in: work)
            try await tellDirectory(of: linkage, in: work)
        }
        if linkage.status == .needMet { try await close(linkage.needID, of: person, metBy: id, in: work) }
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
    private func close(
        _ id: NeedID, of person: StoredPerson, metBy linkage: LinkageID, in work: Work
    ) async throws {
        let today = try await today(in: work)
        try await change(id, of: person, in: work) { need in
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
