public import Models

/// In what form a feed is.
public enum FeedKind: String, CaseIterable, Hashable, Sendable {
    /// The JSON array that the Meeting Guide app reads.
    case meetingGuide = "meeting-guide"
    /// The database form of the online meetings list: Monday is 1.
    case centralQuery = "central-query"
    /// The answer of a BMLT server to a search.
    case bmlt
    /// Services of HSDS 3.0 or HSDS-UK as JSON.
    case hsds
    /// The tables of an HSDS 3.0 package: a JSON object from file names to the texts of the CSV files.
    case hsdsPackage = "hsds-package"
    /// A table of treatment facilities made from SAMHSA's lists, as CSV.
    case samhsa
}

/// What whoever sends a feed says about all of it.
public struct FeedDefaults: Hashable, Sendable {
    public var fellowship: DirectoryEntry.Fellowship?
    public var zone: String?
    /// When the whole list was made, for lists that say it of no entry.
    public var assuredAt: Instant?

    /// For feeds that say nothing themselves.
    public init(fellowship: DirectoryEntry.Fellowship? = nil, zone: String? = nil, assuredAt: Instant? = nil) {
        (self.fellowship, self.zone, self.assuredAt) = (fellowship, zone, assuredAt)
    }
}

/// One record that was not taken, and why.
public struct FeedRefusal: Hashable, Sendable, Codable {
    /// Its place in the feed, from 0.
    public let record: Int
    /// The feed's own id, where it has one.
    public let foreignID: String?
    public let reason: String

    public init(_ record: Int, _ foreignID: String?, _ reason: String) {
        (self.record, self.foreignID, self.reason) = (record, foreignID, reason)
    }
}

/// A feed as it was read: nothing in it stops the reading of the rest.
public struct FeedReading: Hashable, Sendable {
    public private(set) var entries: [DirectoryEntry] = []
    public private(set) var refusals: [FeedRefusal] = []
    /// Why the feed as a whole is none; nothing was read then.
    public var fault: String?
    private var seen: Set<String> = []

    public init(fault: String? = nil) {
        self.fault = fault
    }

    /// Says of the entries that say nothing themselves when they were assured.
    mutating func assume(assuredAt: Instant?) {
        guard let assuredAt else { return }
        for index in entries.indices where entries[index].assuredAt == nil { entries[index].assuredAt = assuredAt }
    }

    /// Takes an entry, or refuses it where its id came before.
    mutating func take(_ entry: DirectoryEntry, record: Int) {
        guard seen.insert(entry.foreignID).inserted else {
            return refuse(record, entry.foreignID, "another record has the same id")
        }
        var entry = entry
        // They stand in an index, whose rows are bounded.
        entry.tags = Array(entry.tags.prefix(Self.mostTags))
        entry.hours = Array(entry.hours.prefix(Self.mostHours))
        entries.append(entry)
    }

    static let mostTags = 40
    static let mostHours = 42

    mutating func refuse(_ record: Int, _ foreignID: String?, _ reason: String) {
        refusals.append(FeedRefusal(record, foreignID.map { String($0.prefix(100)) }, reason))
    }

    /// Takes what a record is read as, or keeps why it cannot be.
    mutating func add(_ record: Int, _ entry: Result<DirectoryEntry, RecordFault>) {
        switch entry {
        case .success(let entry): take(entry, record: record)
        case .failure(let fault): refuse(record, fault.foreignID, fault.reason)
        }
    }
}

/// Why one record is none.
struct RecordFault: Error {
    let foreignID: String?
    let reason: String
}
