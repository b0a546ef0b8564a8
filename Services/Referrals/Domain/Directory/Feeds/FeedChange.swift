/// What an import would change among what its feed has listed so far.
public struct FeedChange<Digest: Hashable & Sendable>: Sendable {
    /// What was listed under a foreign id.
    public struct Listed: Hashable, Sendable {
        public let digest: Digest
        public let isGone: Bool

        public init(_ digest: Digest, isGone: Bool) {
            (self.digest, self.isGone) = (digest, isGone)
        }
    }

    /// Entries that are new, or have come back.
    public private(set) var added: [DirectoryEntry] = []
    public private(set) var changed: [DirectoryEntry] = []
    public private(set) var unchanged = 0
    /// The foreign ids that the feed no longer has.
    public private(set) var gone: [String] = []
    private let listedBefore: Int

    /// - Parameter listed: all that the feed ever had, by foreign id.
    public init(from listed: [String: Listed], to entries: [(entry: DirectoryEntry, digest: Digest)]) {
        var left = listed
        for (entry, digest) in entries {
            switch left.removeValue(forKey: entry.foreignID) {
            case nil: added.append(entry)
            case .some(let before) where before.isGone: added.append(entry)
            case .some(let before) where before.digest == digest: unchanged += 1
            case .some: changed.append(entry)
            }
        }
        gone = left.filter { !$0.value.isGone }.map(\.key).sorted()
        listedBefore = listed.values.count { !$0.isGone }
    }

    /// Half of what was listed would vanish: more often the feed's mistake than the world's, so a person is asked. A handful
    /// of meetings may go as they like.
    public var shrinksTooFar: Bool { listedBefore >= 10 && gone.count * 2 >= listedBefore }
}
