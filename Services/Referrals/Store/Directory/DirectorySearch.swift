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

    fileprivate init(_ place: FoundPlace, row: Row) throws {
        (km, rank) = (place.km, place.rank)
        (entryID, assuredAt, wait, opensAt, isDoubted, document) = try row.decode(
            (DirectoryEntryID, Instant?, Int?, Instant?, Bool, JSONB).self)
    }
}

/// Where an entry stands in the order of what was found.
private struct FoundPlace {
    let entryID: DirectoryEntryID
    let km: Double?
    let rank: Double

    init(row: Row) throws {
        (entryID, km, rank) = try row.decode((DirectoryEntryID, Double?, Double).self)
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
        let hours = try await startHours(search, in: work)
        let (grid, first, growth) =
            hours == nil ? (GeoGrid.cells, Self.firstCircle, 3.0) : (GeoGrid.regions, Self.firstTimedCircle, 5.0)
        var circle = min(radius, max(first, (search.after?.rank ?? 0) / 2))
        while true {
            let spans = place.cells(of: grid, within: circle)
            let found = try await work.tx.query(
                .findDirectoryNear, work.agencyID, search.shelves.map(\.code), spans.map { Int32($0.lowerBound) },
                spans.map { Int32($0.upperBound) }, place.latitude, place.longitude, circle, search.at, search.zone,
                search.tags, search.age.map { Int32($0) }, search.isOnline, search.opensWithin.map { Int32($0) },
                search.hasPlaces, search.after?.rank, search.after?.entryID, search.limit + 1, hours
            ).map { try FoundPlace(row: $0) }
            let isCertain =
                found.count > search.limit && found[search.limit].rank <= Assurance.rank(distance: circle, age: 0)
            if isCertain || circle >= radius { return try await read(found, for: search, in: work) }
            circle = min(radius, circle * growth)
        }
    }

    /// What can be joined from anywhere, one more than the limit where there is more.
    func searchOnline(_ search: DirectorySearch, in work: Work) async throws -> [FoundEntry] {
        let found = try await work.tx.query(
            .findDirectoryOnline, work.agencyID, search.shelves.map(\.code), search.at, search.zone, search.tags,
            search.age.map { Int32($0) }, search.opensWithin.map { Int32($0) },
            search.after?.entryID ?? .first, search.limit + 1
        ).map { try FoundPlace(row: $0) }
        return try await read(found, for: search, in: work)
    }

    private func read(
        _ found: [FoundPlace], for search: DirectorySearch, in work: Work
    ) async throws -> [FoundEntry] {
        let rows = try await work.tx.query(
            .readFoundEntries, work.agencyID, found.map(\.entryID), search.at, search.zone)
        return try zip(found, rows).map { try FoundEntry($0, row: $1) }
    }

    /// In which hours what is wanted begins; nil where no time is asked for, or so long a one that most entries would do.
    private func startHours(_ search: DirectorySearch, in work: Work) async throws -> [Int16]? {
        guard let opensWithin = search.opensWithin, opensWithin <= Self.soon else { return nil }
        return try await work.tx.query(.startHours, work.agencyID, search.at, search.zone, opensWithin).first?
            .decode([Int16].self)
    }

    /// In km: a city's centre fills a page from less.
    private static let firstCircle = 2.0
    /// In km, where a time is asked for: one in fifty meetings is open at a time.
    private static let firstTimedCircle = 6.0
    /// In minutes: of what opens within, a page is found by its hour faster than by its place.
    private static let soon = 360
}
