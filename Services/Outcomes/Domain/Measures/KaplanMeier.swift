/// The product-limit estimator: the share still waiting after each time, where some were watched for a part of the time
/// only (Kaplan and Meier 1958).
public struct KaplanMeier: Sendable {
    /// A time at which events happened, and the share that waits longer.
    public struct Step: Hashable, Sendable {
        public let time: Double
        public let waiting: Double
    }

    public let steps: [Step]
    /// The longest time that anybody was watched.
    private let longest: Double

    /// - Parameter times: how long each was watched, and whether the event ended it.
    public init(_ times: [(time: Double, isEvent: Bool)]) {
        let sorted = times.sorted { $0.time < $1.time }
        var steps: [Step] = []
        var (atRisk, waiting, position) = (sorted.count, 1.0, 0)
        while position < sorted.count {
            let time = sorted[position].time
            var (events, leaving) = (0, 0)
            while position < sorted.count, sorted[position].time == time {
                events += sorted[position].isEvent ? 1 : 0
                leaving += 1
                position += 1
            }
            if events > 0 {
                waiting *= Double(atRisk - events) / Double(atRisk)
                steps.append(Step(time: time, waiting: waiting))
            }
            atRisk -= leaving
        }
        self.steps = steps
        longest = sorted.last?.time ?? 0
    }

    /// The time by which the event came to `share` of all; nil where it has not come to so many.
    ///
    /// Where exactly that share is reached the curve is flat until the next event, and the middle of the two times is
    /// taken: without anybody still waiting, the median is then the ordinary one. R's `survfit` does the same.
    public func quantile(_ share: Double) -> Double? {
        let tolerance = 1e-9
        let level = 1 - share
        guard let reached = steps.firstIndex(where: { $0.waiting <= level + tolerance }) else { return nil }
        guard abs(steps[reached].waiting - level) <= tolerance else { return steps[reached].time }
        let next = reached + 1 < steps.count ? steps[reached + 1].time : longest
        return (steps[reached].time + next) / 2
    }
}
