internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What somebody looks for.
struct DirectorySearch: Sendable {
    var shelves: [DirectoryEntry.Shelf] = DirectoryEntry.Shelf.all
    /// All of these.
    var tags: [String] = []
    /// How old the person is, where that decides.
    var age: Int?
    /// Only what can also be joined from afar.
    var isOnline = false
    /// Only what is open, or opens within so many minutes.
    var opensWithin: Int?
    /// Only what has places free.
    var hasPlaces = false
    /// Where whoever asks is in time: what has no zone of its own is read in theirs.
    var zone = "UTC"
    var at: Instant
    var limit = 50
    /// Where the page before ended.
    var after: (rank: Double, entryID: DirectoryEntryID)?
}

/// One entry that was found.
struct FoundEntry: Sendable {
    let entryID: DirectoryEntryID
    let km: Double?
    let rank: Double
    let assuredAt: Instant?
    /// Minutes until it opens, 0 while it is open; nil where its hours are not known.
    let wait: Int?
    let opensAt: Instant?
    /// Somebody says that it is wrong, and nobody has looked yet.
    let isDoubted: Bool
    let document: JSONB

    fileprivate init(row: Row) throws {
        (entryID, km, rank, assuredAt, wait, opensAt, isDoubted, document) = try row.decode(
            (DirectoryEntryID, Double?, Double, Instant?, Int?, Instant?, Bool, JSONB).self)
    }
}

extension Store {
    /// The nearest entries, one more than the limit where there are more.
    ///
    /// The circle grows until what is outside cannot rank before what was found: in a city a search reads a few cells, and
    /// the number of entries elsewhere does not matter.
    func search(
        _ search: DirectorySearch, near place: GeoPosition, within radius: Double, in work: Work
    ) async throws -> [FoundEntry] {
        var circle = min(radius, max(Self.firstCircle, (search.after?.rank ?? 0) / 2))
        while true {
            let spans = place.cells(within: circle)
            let rows = try await work.tx.query(
                .searchDirectoryNear, work.agencyID, search.shelves.map(\.code), spans.map { Int32($0.lowerBound) },
                spans.map { Int32($0.upperBound) }, place.latitude, place.longitude, circle, search.at, search.zone,
                search.tags, search.age.map { Int32($0) }, search.isOnline, search.opensWithin.map { Int32($0) },
                search.hasPlaces, search.after?.rank, search.after?.entryID, search.limit + 1)
            let found = try rows.map { try FoundEntry(row: $0) }
            let isCertain =
                found.count > search.limit && found[search.limit].rank <= Assurance.rank(distance: circle, age: 0)
            if isCertain || circle >= radius { return found }
            circle = min(radius, circle * 3)
        }
    }

    /// What can be joined from anywhere, one more than the limit where there is more.
    func searchOnline(_ search: DirectorySearch, in work: Work) async throws -> [FoundEntry] {
        try await work.tx.query(
            .searchDirectoryOnline, work.agencyID, search.shelves.map(\.code), search.at, search.zone, search.tags,
            search.age.map { Int32($0) }, search.opensWithin.map { Int32($0) },
            search.after?.entryID ?? .first, search.limit + 1
        ).map { try FoundEntry(row: $0) }
    }

    /// In km: a city's centre fills a page from less.
    private static let firstCircle = 2.0
}

extension ID<DirectoryEntry> {
    /// Before all others.
    static let first = Self(rawValue: .init(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
}
