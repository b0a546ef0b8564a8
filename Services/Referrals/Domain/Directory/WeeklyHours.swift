/// From when to when something is open each week, in minutes since Sunday 00:00 of its own zone.
///
/// Invariant: `0 <= opens < 10,080` and `opens < closes <= opens + 10,080`: what goes on past midnight closes later, on
/// Saturday beyond the week's end.
public struct WeeklyHours: Hashable, Sendable, Codable {
    public static let week = 7 * 1440

    public let opens: Int
    public let closes: Int

    /// - Parameters:
    ///   - day: 0 is Sunday.
    ///   - start: minutes since midnight.
    ///   - end: minutes since midnight; not after `start` means on the next day. Nil takes an hour.
    /// - Returns: nil where there is no such day or time.
    public init?(day: Int, from start: Int, to end: Int?) {
        guard (0..<7).contains(day), (0..<1440).contains(start), end.map({ (0...1440).contains($0) }) ?? true else {
            return nil
        }
        opens = day * 1440 + start
        let length = (end ?? start + 60) - start
        closes = opens + (length > 0 ? length : length + 1440)
    }

    /// Minutes until it opens, from a minute of the week; 0 while it is open.
    public func wait(from minute: Int) -> Int {
        let since = (minute - opens + Self.week) % Self.week
        return since < closes - opens ? 0 : Self.week - since
    }
}
