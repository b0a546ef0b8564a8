public import Models

/// Whether a participant is merged into another one, and how often that changed.
///
/// The version is odd while they are merged and even while they are not: other services keep the highest.
public struct MergeState: Hashable, Sendable {
    public private(set) var version: Int
    public private(set) var intoID: ParticipantID?

    /// Nobody has merged them yet.
    public static let never = MergeState(version: 0, intoID: nil)

    public init(version: Int, intoID: ParticipantID?) {
        self.version = version
        self.intoID = intoID
    }

    /// They turn out to be another one. The same again changes nothing.
    ///
    /// - Returns: whether it is new.
    public mutating func merge(into remaining: ParticipantID) throws(MergeRefusal) -> Bool {
        if intoID == remaining { return false }
        guard intoID == nil else { throw .alreadyMerged }
        version += 1
        intoID = remaining
        return true
    }

    /// They turn out to be somebody of their own. The same again changes nothing.
    ///
    /// - Returns: whether it is new.
    public mutating func unmerge() throws(MergeRefusal) -> Bool {
        guard version > 0 else { throw .neverMerged }
        guard intoID != nil else { return false }
        version += 1
        intoID = nil
        return true
    }
}

/// Why two participants are not made one, or one two.
public enum MergeRefusal: Error, CaseIterable, Hashable, Sendable {
    /// They are the same participant.
    case withItself
    /// One of them is merged already: with the other, the other way round, or with a third.
    case alreadyMerged
    /// Others were merged into the one who would go; into them it works.
    case remainsAlready
    /// Others were merged into each of them.
    case bothRemain
    /// Who they were is erased.
    case erased
    /// A peer is on the way to each of them.
    case twoDispatches
    /// They never were merged with anybody.
    case neverMerged
}

/// What is known of two people before they are made one.
public struct MergeSide: Hashable, Sendable {
    public let ids: PersonIDs
    public let isErased: Bool
    /// Whether a peer is on the way to them, or is at the bedside.
    public let isDispatching: Bool

    public init(_ ids: PersonIDs, isErased: Bool = false, isDispatching: Bool = false) {
        self.ids = ids
        self.isErased = isErased
        self.isDispatching = isDispatching
    }

    /// Whether this participant may be merged into that one. Whoever has others merged into them stays: taking them along
    /// would lose who was merged into whom.
    ///
    /// - Parameters:
    ///   - gone: who is merged; the present state.
    ///   - into: who is to remain.
    /// - Returns: the state afterwards; nil where they are merged so already.
    public static func merging(
        _ gone: (id: ParticipantID, state: MergeState, side: MergeSide), into: (id: ParticipantID, side: MergeSide)
    ) throws(MergeRefusal) -> MergeState? {
        guard gone.id != into.id else { throw .withItself }
        var state = gone.state
        guard try state.merge(into: into.id) else { return nil }
        guard gone.side.ids != into.side.ids, into.side.ids.remaining == into.id else { throw .alreadyMerged }
        guard gone.side.ids.isAlone else { throw into.side.ids.isAlone ? .remainsAlready : .bothRemain }
        guard !gone.side.isErased, !into.side.isErased else { throw .erased }
        guard !gone.side.isDispatching || !into.side.isDispatching else { throw .twoDispatches }
        return state
    }
}
