/// Why a peer stands where they stand, in words that coordinators, supervisors and participants read.
public struct Reason: Codable, Hashable, Sendable {
    /// A stable code for programs.
    public var code: Code
    /// Thousandths of a percent of the score that it brought; 0 for a wish, which counts before the score.
    public var points: Int
    public var text: String

    public init(code: Code, points: Int, text: String) {
        self.code = code
        self.points = points
        self.text = text
    }

    /// What the reason is about.
    public enum Code: String, Codable, CaseIterable, Hashable, Sendable {
        case continuity, language, wish, availability, geography
        case lifeStage = "life-stage"
        case pathway = "recovery-pathway"
        case justice, substance
        case onCall = "on-call"
    }
}
