public import Models

/// All ids of one person: of the participant who remains, and of those who turned out to be the same.
///
/// One step deep: who remains is never merged itself.
public struct PersonIDs: Hashable, Sendable {
    /// Under which new things are kept.
    public let remaining: ParticipantID
    /// In their order.
    public let merged: [ParticipantID]

    public init(_ remaining: ParticipantID, merged: [ParticipantID] = []) {
        self.remaining = remaining
        self.merged = merged.sorted()
    }

    /// Who remains is the last.
    public var all: [ParticipantID] { merged + [remaining] }

    /// Whether nobody was merged into them.
    public var isAlone: Bool { merged.isEmpty }

    public func contains(_ id: ParticipantID) -> Bool { id == remaining || merged.contains(id) }

    /// Who remains of two people who turn out to be one, where nobody says: the one into whom others were merged already,
    /// else the one who was registered first (ids are in the order of their time).
    public static func older(of one: PersonIDs, _ other: PersonIDs) -> PersonIDs {
        if one.isAlone != other.isAlone { return one.isAlone ? other : one }
        return one.remaining < other.remaining ? one : other
    }
}
