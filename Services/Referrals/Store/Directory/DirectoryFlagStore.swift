internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    /// Said again of what was settled before, it is open again.
    static let flagDirectoryEntry = Statement(
        "directory_flag.put",
        """
        insert into referral.directory_flag (agency_id, entry_id, reason, times, first_at, last_at)
        select $1, entry.entry_id, $3, 1, $4, $4
        from referral.directory_entry as entry
        where entry.agency_id = $1 and entry.entry_id = $2
        on conflict (agency_id, entry_id, reason) do update
        set times = case when directory_flag.settled_at is null then directory_flag.times + 1 else 1 end,
          first_at = case when directory_flag.settled_at is null then directory_flag.first_at else excluded.first_at end,
          last_at = excluded.last_at, settled_at = null, settled_by = null
        """
    )

    static let listDirectoryFlags = Statement(
        "directory_flag.list",
        """
        select flag.entry_id, flag.reason, flag.times, flag.first_at, flag.last_at, entry.document ->> 'name' as name
        from referral.directory_flag as flag
        join referral.directory_entry as entry on entry.agency_id = $1 and entry.entry_id = flag.entry_id
        where flag.agency_id = $1
          and flag.settled_at is null
          and (flag.entry_id, flag.reason) > ($2, $3)
        order by flag.entry_id, flag.reason
        limit $4
        """
    )

    static let assureDirectoryEntry = Statement(
        "directory_entry.assure",
        """
        update referral.directory_entry
        set assured_at = greatest(assured_at, $3)
        where agency_id = $1 and entry_id = $2 and gone_at is null
        """
    )

    static let settleDirectoryFlags = Statement(
        "directory_flag.settle",
        """
        update referral.directory_flag
        set settled_at = $3, settled_by = $4
        where agency_id = $1 and entry_id = $2 and settled_at is null
        """
    )
}

/// What somebody found wrong with an entry. Who it was is not kept: that they go to a meeting is theirs to tell.
struct DirectoryFlag: Sendable {
    enum Reason: String, Codable, CaseIterable, Sendable {
        case wrongTime = "wrong-time"
        case wrongPlace = "wrong-place"
        case wrongNumber = "wrong-number"
        case closed
        case full
        case refusedMedication = "refused-medication"
        case other
    }

    let entryID: DirectoryEntryID
    let name: String
    let reason: String
    let times: Int
    let firstAt: Instant
    let lastAt: Instant
}

extension Store {
    /// Keeps that somebody says an entry is wrong.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func flag(_ id: DirectoryEntryID, _ reason: DirectoryFlag.Reason, in work: Work) async throws {
        let touched = try await work.tx.execute(
            .flagDirectoryEntry, work.agencyID, id, reason.rawValue, work.now)
        guard touched == 1 else { throw StoreError(.notFound) }
    }

    /// What waits for somebody to look.
    func directoryFlags(
        after: (entryID: DirectoryEntryID, reason: String)?, atMost limit: Int, in work: Work
    ) async throws -> [DirectoryFlag] {
        try await work.tx.query(
            .listDirectoryFlags, work.agencyID, after?.entryID ?? .first, after?.reason ?? "", limit
        ).map { row in
            DirectoryFlag(
                entryID: try row.column("entry_id"), name: try row.column("name"), reason: try row.column("reason"),
                times: try row.column("times"), firstAt: try row.column("first_at"), lastAt: try row.column("last_at"))
        }
    }

    /// Somebody has asked, and it is so: the entry is fresh, and what was said against it is settled.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func assure(_ id: DirectoryEntryID, by subject: String, in work: Work) async throws {
        guard try await work.tx.execute(.assureDirectoryEntry, work.agencyID, id, work.now) == 1 else {
            throw StoreError(.notFound)
        }
        try await work.tx.execute(.settleDirectoryFlags, work.agencyID, id, work.now, subject)
    }
}
