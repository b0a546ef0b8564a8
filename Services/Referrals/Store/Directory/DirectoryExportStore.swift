internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    /// A page by its number, as HSDS asks for them: the ids are counted off from the index alone, and only the page's rows
    /// are read.
    static let pageOfDirectoryServices = Statement(
        "directory_entry.page_of_services",
        """
        with listed as (
          select coalesce(array_agg(entry_id order by entry_id), '{}') as ids
          from referral.directory_entry
          where agency_id = $1 and shelf = 'service' and gone_at is null
        )
        select cardinality(listed.ids), entry.entry_id, entry.document, entry.assured_at, entry.changed_at
        from listed
        left join referral.directory_entry as entry
          on entry.agency_id = $1 and entry.entry_id = any(listed.ids[$2::integer:$3::integer])
        order by entry.entry_id
        """
    )

    static let findDirectoryEntry = Statement(
        "directory_entry.find",
        """
        select entry_id, document, assured_at, changed_at
        from referral.directory_entry
        where agency_id = $1 and entry_id = $2 and gone_at is null
        """
    )

    static let listDirectoryMeetings = Statement(
        "directory_entry.list_meetings",
        """
        select entry_id, document, assured_at, changed_at
        from referral.directory_entry
        where agency_id = $1 and shelf = $2 and gone_at is null
        order by entry_id
        limit $3
        """
    )
}

/// An entry with when it was written and assured.
struct ListedEntry: Sendable {
    let entryID: DirectoryEntryID
    let entry: DirectoryEntry
    let assuredAt: Instant?
    let changedAt: Instant

    fileprivate init(row: Row) throws {
        let document: JSONB = try row.column("document")
        entryID = try row.column("entry_id")
        entry = try JSONValue.decode(from: document.bytes)
        assuredAt = try row.column("assured_at")
        changedAt = try row.column("changed_at")
    }

    /// As HSDS has it.
    var service: HSDSService {
        HSDSService(entry, id: entryID.description, assuredAt: assuredAt, changedAt: changedAt) { name in
            // The same name gets the same id in every answer.
            UUID(digest: SHA256.hash(data: Array(name.utf8))).map { ID<DirectoryEntry>(rawValue: $0).description } ?? ""
        }
    }
}

extension Store {
    /// One page of the services, and how many there are.
    func directoryServices(page: Int, of size: Int, in work: Work) async throws -> (total: Int, [ListedEntry]) {
        let rows = try await work.tx.query(
            .pageOfDirectoryServices, work.agencyID, Int32((page - 1) * size + 1), Int32(page * size))
        let total = try rows.first?.value(0, as: Int32.self) ?? 0
        let listed = try rows.compactMap { row -> ListedEntry? in
            let id: DirectoryEntryID? = try row.column("entry_id")
            return id == nil ? nil : try ListedEntry(row: row)
        }
        return (Int(total), listed)
    }

    /// One entry.
    ///
    /// - Throws: ``StoreError`` `notFound`.
    func directoryEntry(_ id: DirectoryEntryID, in work: Work) async throws -> ListedEntry {
        guard let row = try await work.tx.query(.findDirectoryEntry, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        return try ListedEntry(row: row)
    }

    /// The meetings of one fellowship.
    func directoryMeetings(
        of fellowship: DirectoryEntry.Fellowship, atMost limit: Int, in work: Work
    ) async throws -> [ListedEntry] {
        let shelf = DirectoryEntry.Shelf(kind: .meeting, fellowship: fellowship).code
        return try await work.tx.query(.listDirectoryMeetings, work.agencyID, shelf, limit)
            .map { try ListedEntry(row: $0) }
    }
}
