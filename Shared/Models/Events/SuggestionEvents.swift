/// A suggestion has lasted as long as it may: the handler reads it again, and forgets who it is about if nobody decided.
public struct SuggestionExpiryDue: Event {
    public static let topic = "suggestion.expiry_due.v1"

    public var suggestionID: SuggestionID
    public var dueAt: Instant

    public var key: String { suggestionID.description }
    public var version: Int? { nil }

    public init(suggestionID: SuggestionID, dueAt: Instant) {
        self.suggestionID = suggestionID
        self.dueAt = dueAt
    }
}
