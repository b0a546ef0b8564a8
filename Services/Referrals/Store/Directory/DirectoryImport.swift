internal import Models
internal import ReferralsDomain

/// Names a list that the directory is fed from.
typealias DirectoryFeedID = ID<DirectoryFeed>
/// Names the report of one import.
typealias DirectoryImportID = ID<DirectoryImport>

/// What a feed is called.
struct DirectoryFeed: Hashable, Sendable {
    let feedID: DirectoryFeedID
    let name: String
    /// How much of it is listed now.
    let listed: Int

    /// Small letters, digits and hyphens, so that it can stand in a path.
    static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}

/// What became of a feed that was sent.
struct DirectoryImport: Sendable {
    enum Outcome: String, Codable, Sendable {
        case applied
        /// It waits for a person: half of what was listed would vanish.
        case held
        /// It is broken as a whole. Nothing was changed.
        case refused
    }

    let importID: DirectoryImportID
    let kind: String
    let outcome: Outcome
    let fault: String?
    let taken: Int
    let added: Int
    let changed: Int
    let unchanged: Int
    let gone: Int
    let refused: Int
    let placeless: Int
    let refusals: [FeedRefusal]
    let importedAt: Instant
    let importedBy: String

    /// Of more than these only the number is kept: a feed with the same mistake in each record says it once too often.
    static let keptRefusals = 1000
}

/// A feed as it was sent.
struct SentFeed: Sendable {
    let name: String
    let kind: FeedKind
    let defaults: FeedDefaults
    let body: [UInt8]
    /// The report in which exactly this was held, by which somebody says that it is right.
    let approves: DirectoryImportID?
    let by: String
}
